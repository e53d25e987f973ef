//! Telling visitors of a day apart without knowing them.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

const DAY_MS: i64 = 86_400_000;

/// Hashes address (of IPv6 the /64) and user agent under a key of the UTC day. The day's key is derived from a secret that all
/// redirectors share, so they agree on a visitor, and hashes of two days cannot be linked.
///
/// Each serving thread has one of its own, so that the day's key is never waited for.
pub struct VisitorHash {
    secret: HmacSha256,
    /// The prepared hash of the day that was asked for last; preparing costs as much as hashing.
    today: Mutex<Option<(i64, HmacSha256)>>,
}

impl VisitorHash {
    /// With `redirector.visitor_key`.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self { secret: keyed(secret), today: Mutex::new(None) }
    }

    /// The visitor with this address and user agent at this time.
    pub fn visitor(&self, at_ms: i64, address: IpAddr, user_agent: &[u8]) -> u64 {
        let mut hash = self.of_day(at_ms.div_euclid(DAY_MS));
        match address {
            IpAddr::V4(v4) => hash.update(&v4.octets()),
            // A household has a /64 and its devices change their addresses within it.
            IpAddr::V6(v6) => hash.update(&v6.octets()[..8]),
        }
        hash.update(user_agent);
        first_bytes(hash)
    }

    fn of_day(&self, day: i64) -> HmacSha256 {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        match &*today {
            Some((cached, hash)) if *cached == day => hash.clone(),
            _ => {
                let mut derive = self.secret.clone();
                derive.update(&day.to_be_bytes());
                let hash = keyed(&derive.finalize().into_bytes().into());
                *today = Some((day, hash.clone()));
                hash
            }
        }
    }
}

fn keyed(key: &[u8; 32]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn first_bytes(hash: HmacSha256) -> u64 {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hash.finalize().into_bytes().into();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The network of an address, as far as it may be kept: /24 of IPv4, /48 of IPv6.
pub(super) fn network(address: IpAddr) -> Bytes {
    match address {
        IpAddr::V4(v4) => Bytes::copy_from_slice(&v4.octets()[..3]),
        IpAddr::V6(v6) => Bytes::copy_from_slice(&v6.octets()[..6]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = DAY_MS / 2;

    #[test]
    fn a_visitor_is_the_same_all_day_and_another_one_tomorrow() {
        let hash = VisitorHash::new(&[3; 32]);
        let address: IpAddr = "192.0.2.7".parse().unwrap();
        let visitor = hash.visitor(NOON, address, b"curl");
        assert_eq!(hash.visitor(DAY_MS - 1, address, b"curl"), visitor);
        assert_ne!(hash.visitor(DAY_MS, address, b"curl"), visitor);
        assert_ne!(hash.visitor(NOON, "192.0.2.8".parse().unwrap(), b"curl"), visitor);
        assert_ne!(hash.visitor(NOON, address, b"wget"), visitor);
        assert_ne!(VisitorHash::new(&[4; 32]).visitor(NOON, address, b"curl"), visitor);
        assert_eq!(VisitorHash::new(&[3; 32]).visitor(NOON, address, b"curl"), visitor, "redirectors agree");
    }

    #[test]
    fn addresses_of_one_64_are_one_visitor() {
        let hash = VisitorHash::new(&[3; 32]);
        let visitor = |address: &str| hash.visitor(NOON, address.parse().unwrap(), b"Firefox");
        let one = visitor("2001:db8:1:2::1");
        for address in ["2001:db8:1:2::2", "2001:db8:1:2:ffff::", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2::"] {
            assert_eq!(visitor(address), one, "{address}");
        }
        assert_ne!(visitor("2001:db8:1:3::1"), one);
    }

    #[test]
    fn networks_are_cut() {
        assert_eq!(&network("192.0.2.7".parse().unwrap())[..], [192, 0, 2]);
        assert_eq!(&network("2001:db8:1:2::3".parse().unwrap())[..], [0x20, 0x01, 0x0d, 0xb8, 0, 1]);
    }
}
