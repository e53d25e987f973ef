//! Ports for servers that are started later.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// A TCP port of loopback on which nothing listens now, below the range that the system hands to outgoing connections.
///
/// Outside that range because a server that is killed and restarted must get its port back: a client that keeps
/// reconnecting could be given the very port as its own and would then be talking to itself.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (low, high) = (10_000_u32, first_ephemeral().clamp(12_000, 65_000));
    for _ in 0..10_000 {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        // Processes start at places of their own: a multiplicative hash of the process id.
        let start = std::process::id().wrapping_mul(2_654_435_761) >> 8;
        let port = u16::try_from(low + start.wrapping_add(turn) % (high - low)).expect("below 65000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between {low} and {high}");
}

fn first_ephemeral() -> u32 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_can_be_bound() {
        let (one, two) = (free_port(), free_port());
        assert_ne!(one, two);
        let _first = TcpListener::bind(("127.0.0.1", one)).unwrap();
        let _second = TcpListener::bind(("127.0.0.1", two)).unwrap();
        assert!(u32::from(one) < first_ephemeral().max(12_000));
    }
}
