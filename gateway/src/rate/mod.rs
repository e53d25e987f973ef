//! How often somebody may ask.
//!
//! - [`address`]: in this process, per address, before anything else is looked at; a flood costs next to nothing.
//! - [`shared`]: token buckets in Redis that all gateways share, per user, API key or anonymous address, charged by the
//!   cost of the operation.

pub mod address;
pub mod shared;

use std::net::{IpAddr, Ipv6Addr};

/// The address that limits count: an IPv6 client has a whole /64 to itself.
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s13_an_ipv6_client_can_not_hop_through_its_own_network() {
        let counted = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:aaaa::1"), counted("2001:db8:1:2:bbbb::2"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
