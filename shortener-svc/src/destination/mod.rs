//! What a link may lead to. One parser, the WHATWG one of the `url` crate, decides at creation; what it serialises is
//! stored and later sent byte for byte, so that no second reading of the same text can differ from the first.

mod block_list;
mod host;
mod own_hosts;

use sha2::{Digest as _, Sha256};
use url::Url;

use self::block_list::BlockList;
use self::host::Name;
use self::own_hosts::OwnHosts;
use crate::limits;

/// A checked destination in WHATWG-serialised form: plain ASCII without control characters, at most
/// [`limits::URL_BYTES`] long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(String);

impl Destination {
    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stored form, by value.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The key under which equal destinations are found: the first 64 bits of the SHA-256 of the stored form.
    pub fn hash(&self) -> i64 {
        hash(&self.0)
    }
}

/// See [`Destination::hash`].
pub fn hash(url: &str) -> i64 {
    let digest = Sha256::digest(url);
    i64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 has 32 bytes"))
}

/// Why a destination is refused. The text is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing was entered.
    #[error("a destination is needed")]
    Missing,
    /// Entered or serialised it is longer than [`limits::URL_BYTES`].
    #[error("the destination is longer than 8,192 bytes")]
    TooLong,
    /// It holds a control character, a tab or a line break; browsers would drop those silently.
    #[error("the destination holds a control character")]
    ControlCharacter,
    /// The parser gives up on it.
    #[error("the destination is not an absolute URL")]
    Malformed,
    /// Neither http nor https.
    #[error("the destination must begin with http:// or https://")]
    Scheme,
    /// It holds a user name or password, which is how hosts are disguised.
    #[error("the destination must not hold a user name or password")]
    UserInfo,
    /// It leads back to us.
    #[error("the destination leads to this service itself")]
    OwnDomain,
    /// Its host is on the operator's list.
    #[error("the host of the destination is blocked")]
    HostBlocked,
    /// The URL is on the operator's list.
    #[error("the destination is blocked")]
    Blocked,
}

impl Refusal {
    /// The reason on the wire.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "URL_REQUIRED",
            Self::TooLong => "URL_TOO_LONG",
            Self::ControlCharacter => "URL_CONTROL_CHARACTER",
            Self::Malformed => "URL_MALFORMED",
            Self::Scheme => "URL_SCHEME",
            Self::UserInfo => "URL_USERINFO",
            Self::OwnDomain => "URL_OWN_DOMAIN",
            Self::HostBlocked => "URL_HOST_BLOCKED",
            Self::Blocked => "URL_BLOCKED",
        }
    }
}

/// The rules that destinations are held against.
#[derive(Debug)]
pub struct Rules {
    own: OwnHosts,
    blocked: BlockList,
}

impl Rules {
    /// Reads the own names and the block-list. Fails on an entry that is no host or no SHA-256.
    pub fn new(domains: &curtail_config::Domains, shortener: &curtail_config::Shortener) -> anyhow::Result<Self> {
        Ok(Self {
            own: OwnHosts::new(domains)?,
            blocked: BlockList::new(&shortener.blocked_hosts, &shortener.blocked_url_hashes)?,
        })
    }

    /// Checks and normalises `input`. Plain spaces around it are dropped; every other oddity that the WHATWG parser
    /// would silently remove is refused.
    pub fn check(&self, input: &str) -> Result<Destination, Refusal> {
        let url = parse(input)?;
        let name = Name::of(url.host().ok_or(Refusal::Malformed)?);
        if self.own.contains(&name) {
            return Err(Refusal::OwnDomain);
        }
        if self.blocked.has_host(&name) {
            return Err(Refusal::HostBlocked);
        }
        if self.blocked.has_url(&url) {
            return Err(Refusal::Blocked);
        }
        Ok(Destination(url.into()))
    }
}

impl From<curtail_weburl::Refusal> for Refusal {
    fn from(refusal: curtail_weburl::Refusal) -> Self {
        match refusal {
            curtail_weburl::Refusal::Missing => Self::Missing,
            curtail_weburl::Refusal::TooLong => Self::TooLong,
            curtail_weburl::Refusal::ControlCharacter => Self::ControlCharacter,
            curtail_weburl::Refusal::Malformed => Self::Malformed,
            curtail_weburl::Refusal::Scheme => Self::Scheme,
            curtail_weburl::Refusal::Credentials => Self::UserInfo,
        }
    }
}

/// Parses without regard to the lists: enough to search for a destination.
pub fn parse(input: &str) -> Result<Url, Refusal> {
    Ok(curtail_weburl::parse(input, limits::URL_BYTES, &["http", "https"])?)
}

#[cfg(test)]
mod tests;
