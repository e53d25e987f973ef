//! The operator's list of hosts and URLs that may not be linked to.

use std::collections::HashSet;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use url::{Position, Url};

use super::host::Name;

/// Hosts by name, whole domains by their suffix, single URLs by SHA-256.
#[derive(Debug)]
pub(super) struct BlockList {
    hosts: HashSet<Name>,
    /// Entries with a leading dot: the domain and all below it.
    domains: HashSet<String>,
    urls: HashSet<[u8; 32]>,
}

impl BlockList {
    pub(super) fn new(hosts: &[String], hashes: &[String]) -> anyhow::Result<Self> {
        let mut list = Self { hosts: HashSet::new(), domains: HashSet::new(), urls: HashSet::new() };
        for entry in hosts {
            let (suffix, host) = entry.strip_prefix('.').map_or((false, entry.as_str()), |host| (true, host));
            let name = Name::parse(host).with_context(|| format!("shortener.blocked_hosts: {entry:?}"))?;
            if let (true, Name::Domain(domain)) = (suffix, &name) {
                list.domains.insert(domain.clone());
            }
            list.hosts.insert(name);
        }
        for entry in hashes {
            let hash = digest(entry).with_context(|| format!("shortener.blocked_url_hashes: {entry:?}"))?;
            list.urls.insert(hash);
        }
        Ok(list)
    }

    pub(super) fn has_host(&self, name: &Name) -> bool {
        if self.hosts.contains(name) {
            return true;
        }
        let Name::Domain(domain) = name else { return false };
        let mut rest = domain.as_str();
        while let Some((_, parent)) = rest.split_once('.') {
            if self.domains.contains(parent) {
                return true;
            }
            rest = parent;
        }
        false
    }

    /// Looks up the URL with and without its fragment, which the server behind it never sees.
    pub(super) fn has_url(&self, url: &Url) -> bool {
        let hit = |text: &str| self.urls.contains(&<[u8; 32]>::from(Sha256::digest(text)));
        !self.urls.is_empty() && (hit(url.as_str()) || hit(&url[..Position::AfterQuery]))
    }
}

/// 64 hexadecimal digits as bytes.
fn digest(hex: &str) -> anyhow::Result<[u8; 32]> {
    anyhow::ensure!(
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "not a SHA-256 in hexadecimal"
    );
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair)?, 16)?;
    }
    Ok(bytes)
}
