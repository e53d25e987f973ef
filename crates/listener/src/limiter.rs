//! How many connections a listener has open, and which one is closed when there is no place for another.
//!
//! An address that is over its bound loses its own oldest idle connection. A listener that is full closes the oldest idle
//! connection of the address that has the most. Idle means without a request in progress, so connections that send nothing
//! make room for those that do. A new connection is refused only if nothing is idle.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use curtail_edge::ClientNetwork;

use crate::connection::{Closing, Connection};
use crate::{Bounds, metrics};

/// Files that are left to everything that is no connection, as a share of all.
const RESERVED_FILES: u64 = 4;

/// The open connections of one listener.
pub struct ConnectionLimiter {
    bounds: Bounds,
    max_connections: usize,
    epoch: Instant,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    open: usize,
    next_id: u64,
    addresses: HashMap<ClientNetwork, Address>,
}

#[derive(Default)]
struct Address {
    connections: HashMap<u64, Arc<Connection>>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl ConnectionLimiter {
    /// A limiter for one listener, or for several that share their bounds.
    pub fn new(bounds: Bounds) -> Arc<Self> {
        metrics::describe();
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = usize::try_from(files - files / RESERVED_FILES).unwrap_or(usize::MAX);
        let max_connections = bounds.max_connections.min(most).max(1);
        Arc::new(Self { bounds, max_connections, epoch: Instant::now(), table: Mutex::default() })
    }

    /// Admits a connection from `peer`. `None`: everything is busy, so the new connection is to be closed.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Permit> {
        let trusted = self.bounds.trusted.iter().any(|network| network.contains(&peer.to_canonical()));
        let key = ClientNetwork::from(peer);
        let mut table = self.lock();
        let of_address = table.addresses.get(&key).map_or(0, |address| address.connections.len());
        if !trusted && of_address >= self.bounds.max_connections_per_address {
            let oldest = table.addresses.get(&key).and_then(Address::oldest_idle);
            self.evict(&mut table, key, oldest.map(|(id, _)| id), "address")?;
        } else if table.open >= self.max_connections {
            let (key, id) = table.least_useful()?;
            self.evict(&mut table, key, Some(id), "listener")?;
        }
        let id = table.next_id;
        table.next_id += 1;
        table.open += 1;
        let address = table.addresses.entry(key).or_default();
        let waiting = (Arc::clone(&address.waiting_bytes), trusted);
        let connection = Arc::new(Connection::new(peer, self.epoch, &self.bounds, waiting));
        address.connections.insert(id, Arc::clone(&connection));
        Some(Permit { limiter: Arc::clone(self), key, id, connection })
    }

    /// Closes the least useful connection, because no file is left for a new one.
    pub(crate) fn make_room(&self) {
        let mut table = self.lock();
        if let Some((key, id)) = table.least_useful() {
            let _ = self.evict(&mut table, key, Some(id), "files");
        }
    }

    /// The open connections.
    pub fn open(&self) -> usize {
        self.lock().open
    }

    fn evict(&self, table: &mut Table, key: ClientNetwork, id: Option<u64>, bound: &'static str) -> Option<()> {
        let action = if id.is_some() { "evicted" } else { "refused" };
        metrics::connection_shed(bound, action);
        let connection = table.remove(key, id?)?;
        connection.close(Closing::Evicted);
        Some(())
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The oldest idle connection of the address with the most connections that has one.
    fn least_useful(&self) -> Option<(ClientNetwork, u64)> {
        let idle = self.addresses.iter().filter_map(|(key, address)| Some((*key, address, address.oldest_idle()?)));
        let (key, _, (id, _)) = idle.max_by_key(|(_, address, _)| address.connections.len())?;
        Some((key, id))
    }

    fn remove(&mut self, key: ClientNetwork, id: u64) -> Option<Arc<Connection>> {
        let address = self.addresses.get_mut(&key)?;
        let connection = address.connections.remove(&id)?;
        if address.connections.is_empty() {
            self.addresses.remove(&key);
        }
        self.open -= 1;
        Some(connection)
    }
}

impl Address {
    fn oldest_idle(&self) -> Option<(u64, u64)> {
        let idle = self.connections.iter().filter_map(|(id, connection)| Some((*id, connection.idle_since()?)));
        idle.min_by_key(|(_, since)| *since)
    }
}

/// The place of one connection, given back when it is dropped.
pub struct Permit {
    limiter: Arc<ConnectionLimiter>,
    key: ClientNetwork,
    id: u64,
    pub(crate) connection: Arc<Connection>,
}

impl Permit {
    pub(crate) fn bounds(&self) -> &Bounds {
        &self.limiter.bounds
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.lock().remove(self.key, self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limiter(all: usize, per_address: usize) -> Arc<ConnectionLimiter> {
        ConnectionLimiter::new(Bounds {
            max_connections: all,
            max_connections_per_address: per_address,
            trusted: vec!["10.0.0.0/8".parse().unwrap()],
            ..Bounds::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is_evicted(permit: &Permit) -> bool {
        permit.connection.closing() == Some(Closing::Evicted)
    }

    #[test]
    fn an_address_over_its_bound_loses_its_oldest_idle_connection() {
        let limiter = limiter(10, 3);
        let busy = limiter.admit(ip("192.0.2.1")).unwrap();
        let _request = busy.connection.begin_request();
        let silent = limiter.admit(ip("192.0.2.1")).unwrap();
        std::thread::sleep(Duration::from_millis(3));
        let younger = limiter.admit(ip("192.0.2.1")).unwrap();
        let other = limiter.admit(ip("192.0.2.2")).unwrap();
        let new = limiter.admit(ip("192.0.2.1")).unwrap();
        assert!(is_evicted(&silent));
        assert!(![&busy, &younger, &other, &new].into_iter().any(is_evicted));
        assert_eq!(limiter.open(), 4);
        drop(silent);
        assert_eq!(limiter.open(), 4, "a place is given back once");
        drop((busy, younger, other, new));
        assert_eq!(limiter.open(), 0);
    }

    #[test]
    fn a_new_connection_is_refused_if_the_address_is_busy_with_all_it_may_have() {
        let limiter = limiter(10, 1);
        let busy = limiter.admit(ip("2001:db8::1")).unwrap();
        let request = busy.connection.begin_request();
        assert!(limiter.admit(ip("2001:db8::2")).is_none(), "the same /64");
        assert!(limiter.admit(ip("2001:db8:0:1::1")).is_some());
        drop(request);
        assert!(limiter.admit(ip("2001:db8::2")).is_some());
        assert!(is_evicted(&busy));
    }

    #[test]
    fn a_full_listener_sheds_the_address_with_the_most_connections() {
        let limiter = limiter(4, 3);
        let honest = limiter.admit(ip("192.0.2.9")).unwrap();
        let many: Vec<_> = (0..3).map(|_| limiter.admit(ip("192.0.2.1")).unwrap()).collect();
        let new = limiter.admit(ip("192.0.2.8")).unwrap();
        assert!(!is_evicted(&honest) && !is_evicted(&new));
        assert_eq!(many.iter().filter(|permit| is_evicted(permit)).count(), 1);
    }

    #[test]
    fn trusted_proxies_are_bounded_by_the_listener_only() {
        let limiter = limiter(8, 1);
        let proxied: Vec<_> = (0..8).map(|_| limiter.admit(ip("10.0.0.1")).unwrap()).collect();
        assert!(!proxied.iter().any(is_evicted));
        let _more = limiter.admit(ip("10.0.0.1")).unwrap();
        assert_eq!(limiter.open(), 8);
    }
}
