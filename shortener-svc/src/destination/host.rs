//! One spelling for each host.

use std::net::{IpAddr, Ipv4Addr};

use url::Host;

/// A host as it is compared: names in A-label form, lower case, without trailing dots; addresses by value, IPv6 forms of
/// an IPv4 address as that address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Domain(String),
    Address(IpAddr),
}

impl Name {
    /// The name of a host that the WHATWG parser read; it has decoded percent signs, full-width letters and numbers.
    pub(super) fn of<S: AsRef<str>>(host: Host<S>) -> Self {
        match host {
            Host::Domain(domain) => Self::Domain(domain.as_ref().trim_end_matches('.').to_ascii_lowercase()),
            Host::Ipv4(address) => Self::Address(address.into()),
            Host::Ipv6(address) => Self::Address(IpAddr::V6(address).to_canonical()),
        }
    }

    /// Reads an entry of the configuration, `[::1]` in brackets.
    pub(super) fn parse(entry: &str) -> Result<Self, url::ParseError> {
        Host::parse(entry).map(Self::of)
    }

    /// Whether it reaches the visitor's own machine without asking any name server.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Domain(name) => {
                name.rsplit('.').next() == Some("localhost")
                    || matches!(name.as_str(), "localhost.localdomain" | "ip6-localhost" | "ip6-loopback")
            }
            // The unspecified address connects to the machine itself.
            Self::Address(address) => address.is_loopback() || address.is_unspecified() || in_this_network(address),
        }
    }
}

/// 0.0.0.0/8, "this network": several systems take all of it for the machine itself.
fn in_this_network(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if *address < Ipv4Addr::new(1, 0, 0, 0))
}
