//! Section `shortener`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// shortener-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shortener {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Length of random codes to begin with; it grows when tries collide.
    pub code_length: usize,
    /// Hosts that may not be linked to; a leading dot also takes subdomains.
    pub blocked_hosts: Vec<String>,
    /// SHA-256 of whole destinations that may not be linked to, in hexadecimal.
    pub blocked_url_hashes: Vec<String>,
    /// Monthly partitions that are made ahead.
    pub partitions_ahead: u32,
}

impl Shortener {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "shortener", self.listen, self.admin_listen);
        for host in &self.blocked_hosts {
            forms::host(errors, "shortener.blocked_hosts", host.strip_prefix('.').unwrap_or(host));
        }
        for hash in &self.blocked_url_hashes {
            if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                errors.add("shortener.blocked_url_hashes", format!("{hash:?} is not 64 hexadecimal digits"));
            }
        }
    }
}
