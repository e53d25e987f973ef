//! Whose request it is: the client's address behind trusted proxies.
//!
//! `X-Forwarded-For` is believed only as far as trusted proxies wrote it. Each proxy appends the address it saw, so the list is
//! read from the right: as long as the address that vouches for an entry is trusted, the entry is taken; the first address
//! that is not trusted is the client. What stands left of it was written by the client and means nothing. No other
//! header (`Forwarded`, `X-Real-IP`, `CF-Connecting-IP`, …) is ever read: a header that the proxy in front does not overwrite
//! is a header that the client writes.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many entries are read from the right. More trusted proxies in a row than this do not exist; a list of thousands is
/// an attempt to keep us busy.
const MAX_HOPS: usize = 32;

/// Finds the address of clients, given the networks of our own proxies.
#[derive(Clone, Debug)]
pub struct ClientIp {
    trusted: Vec<IpNet>,
}

impl ClientIp {
    /// `trusted` are the networks whose `X-Forwarded-For` is believed; with none of them the peer is the client.
    pub fn new(trusted: Vec<IpNet>) -> Self {
        Self { trusted }
    }

    /// The client of a request that came from `peer`. IPv4 addresses in IPv6 form come back as IPv4, so that one client has
    /// one address. An entry that is no address ends the search at the proxy that passed it on.
    pub fn resolve(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(|value| value.as_bytes()).collect();
        let entries = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
        for entry in entries.take(MAX_HOPS) {
            let Some(address) = parse_entry(entry) else { break };
            client = address;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_entry(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| bracketed().map(IpAddr::V6))?;
    Some(address.to_canonical())
}

/// The network of an address as it may be stored and shown: /24 of IPv4, /48 of IPv6.
pub fn ip_prefix(address: IpAddr) -> String {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new_assert(address, bits).trunc().to_string()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1";
    const CLIENT: &str = "203.0.113.7";

    /// Peer, headers, client.
    type Case = (&'static str, Vec<(&'static str, &'static str)>, &'static str);

    fn resolve(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).to_vec();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        ClientIp::new(trusted).resolve(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn s27_only_what_trusted_proxies_wrote_is_believed() {
        let xff = |value: &'static str| vec![("x-forwarded-for", value)];
        #[rustfmt::skip]
        let table: [Case; 20] = [
            // The peer is no proxy of ours: whatever it says, it is the client.
            (CLIENT, vec![], CLIENT),
            (CLIENT, xff("1.2.3.4"), CLIENT),
            (CLIENT, xff("10.0.0.2"), CLIENT),
            ("::ffff:203.0.113.7", xff("1.2.3.4"), CLIENT),
            // One proxy.
            (PROXY, vec![], PROXY),
            (PROXY, xff("203.0.113.7"), CLIENT),
            ("::ffff:10.0.0.1", xff("203.0.113.7"), CLIENT),
            ("fd00::1", xff("2001:db8::9"), "2001:db8::9"),
            // The client wrote entries of its own in front.
            (PROXY, xff("127.0.0.1, 203.0.113.7"), CLIENT),
            (PROXY, xff("10.9.9.9, 203.0.113.7"), CLIENT),
            (PROXY, vec![("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.7")], CLIENT),
            // A chain of proxies; all of them ours.
            (PROXY, xff("1.2.3.4, 203.0.113.7, 10.0.0.3,10.0.0.2"), CLIENT),
            (PROXY, xff("10.0.0.4, 10.0.0.3"), "10.0.0.4"),
            // Entries with ports, brackets and spaces.
            (PROXY, xff("203.0.113.7:4711"), CLIENT),
            (PROXY, xff(" \t[2001:db8::9]:4711 "), "2001:db8::9"),
            (PROXY, xff("::ffff:203.0.113.7"), CLIENT),
            // Nonsense ends the search at the proxy that passed it on.
            (PROXY, xff("1.2.3.4, unknown"), PROXY),
            (PROXY, xff("1.2.3.4, , 10.0.0.2"), "10.0.0.2"),
            // Other headers are never read.
            (PROXY, vec![("forwarded", "for=1.2.3.4"), ("x-real-ip", "1.2.3.4"), ("cf-connecting-ip", "1.2.3.4"),
                         ("true-client-ip", "1.2.3.4"), ("x-client-ip", "1.2.3.4")], PROXY),
            (PROXY, vec![("x-real-ip", "1.2.3.4"), ("x-forwarded-for", "203.0.113.7")], CLIENT),
        ];
        for (peer, headers, client) in table {
            assert_eq!(resolve(peer, &headers), client, "{peer} {headers:?}");
        }
    }

    #[test]
    fn s27_without_trusted_proxies_the_peer_is_the_client() {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("1.2.3.4"));
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(ClientIp::new(vec![]).resolve(peer, &headers), peer);
    }

    #[test]
    fn s27_at_most_32_hops_are_read() {
        let hops = |count| format!("203.0.113.7{}", ", 10.0.0.2".repeat(count));
        assert_eq!(resolve(PROXY, &[("x-forwarded-for", &hops(MAX_HOPS - 1))]), CLIENT);
        assert_eq!(resolve(PROXY, &[("x-forwarded-for", &hops(MAX_HOPS))]), "10.0.0.2");
    }

    #[test]
    fn prefixes_hide_the_host() {
        let prefix = |address: &str| ip_prefix(address.parse().unwrap());
        assert_eq!(prefix("203.0.113.7"), "203.0.113.0/24");
        assert_eq!(prefix("::ffff:203.0.113.7"), "203.0.113.0/24");
        assert_eq!(prefix("2001:db8:1:2::3"), "2001:db8:1::/48");
    }
}
