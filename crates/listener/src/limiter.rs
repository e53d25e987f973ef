//! How many connections a listener has open, and which one is closed when there is no place for another.
//!
//! An address that is over its bound loses its own oldest idle connection. A listener that is full closes the oldest idle
//! connection of the address that has the most. Idle means without a request in progress, so connections that send nothing
//! make room for those that do. A new connection is refused only if nothing is idle.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use curtail_edge::ClientNetwork;
use futures_util::task::AtomicWaker;
use tokio::sync::{Notify, Semaphore};

use crate::{Bounds, metrics};

/// Refusals after which a connection ends.
const MAX_REFUSALS: u32 = 1000;
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
        let mut addresses: Vec<_> =
            self.addresses.iter().map(|(key, address)| (address.connections.len(), key)).collect();
        addresses.sort_unstable_by_key(|(count, _)| std::cmp::Reverse(*count));
        addresses.into_iter().find_map(|(_, key)| Some((*key, self.addresses[key].oldest_idle()?.0)))
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

/// Why a connection is closed by this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Another connection needed its place.
    Evicted = 1,
    /// It was refused too often.
    Refused = 2,
}

/// What is known of an open connection. [`serve`](crate::serve) puts it into the extensions of every request.
pub struct Connection {
    peer: IpAddr,
    epoch: Instant,
    requests: AtomicU32,
    /// Milliseconds since `epoch`, of the last time that `requests` fell to 0.
    idle_since: AtomicU64,
    closing: AtomicU8,
    pub(crate) reader: AtomicWaker,
    /// A response of the service is about to be written.
    pub(crate) answered: AtomicBool,
    verified: AtomicBool,
    unverified: AtomicU32,
    refusals: AtomicU32,
    pub(crate) calls: Semaphore,
    waiting_bytes: AtomicUsize,
    /// `None` for a trusted proxy.
    waiting_bytes_of_address: Option<Arc<AtomicUsize>>,
    pub(crate) taken: Notify,
}

impl Connection {
    fn new(peer: IpAddr, epoch: Instant, bounds: &Bounds, (waiting, trusted): (Arc<AtomicUsize>, bool)) -> Self {
        Self {
            peer,
            epoch,
            requests: AtomicU32::new(0),
            idle_since: AtomicU64::new(epoch.elapsed().as_millis() as u64),
            closing: AtomicU8::new(0),
            reader: AtomicWaker::new(),
            answered: AtomicBool::new(false),
            verified: AtomicBool::new(false),
            unverified: AtomicU32::new(0),
            refusals: AtomicU32::new(0),
            // One connection of a proxy carries many clients.
            calls: Semaphore::new(if trusted { Semaphore::MAX_PERMITS } else { bounds.calls_per_connection }),
            waiting_bytes: AtomicUsize::new(0),
            waiting_bytes_of_address: (!trusted).then_some(waiting),
            taken: Notify::new(),
        }
    }

    /// The address at the other end.
    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Marks the connection as busy until the returned guard is dropped.
    pub fn begin_request(self: &Arc<Self>) -> RequestGuard {
        self.requests.fetch_add(1, Ordering::Relaxed);
        RequestGuard(Arc::clone(self))
    }

    fn idle_since(&self) -> Option<u64> {
        (self.requests.load(Ordering::Relaxed) == 0).then(|| self.idle_since.load(Ordering::Relaxed))
    }

    /// How long no request has been in progress.
    pub(crate) fn idle_for(&self) -> Duration {
        let now = self.epoch.elapsed().as_millis() as u64;
        self.idle_since().map_or(Duration::ZERO, |since| Duration::from_millis(now.saturating_sub(since)))
    }

    /// Notes that a response of the service leaves next.
    pub fn note_response(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// Notes a request with a valid credential: bounds for strangers no longer apply.
    pub fn verified(&self) {
        if !self.verified.load(Ordering::Relaxed) {
            self.verified.store(true, Ordering::Relaxed);
        }
        let _ = self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }

    /// Takes one of `most` streams that are open at once before a credential was verified. `None`: there are as many already.
    pub fn try_unverified(self: &Arc<Self>, most: u32) -> Option<Option<UnverifiedStream>> {
        if self.verified.load(Ordering::Relaxed) {
            return Some(None);
        }
        if self.unverified.fetch_add(1, Ordering::Relaxed) >= most {
            self.unverified.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Some(UnverifiedStream(Arc::clone(self))))
    }

    /// Counts a refused request. A connection with too many of them ends, with GOAWAY on HTTP/2.
    pub fn refused(&self) {
        if self.refusals.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_REFUSALS {
            self.close(Closing::Refused);
        }
    }

    pub(crate) fn close(&self, why: Closing) {
        let _ = self.closing.compare_exchange(0, why as u8, Ordering::AcqRel, Ordering::Relaxed);
        self.reader.wake();
    }

    pub(crate) fn closing(&self) -> Option<Closing> {
        match self.closing.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Closing::Evicted),
            _ => Some(Closing::Refused),
        }
    }

    /// Returns `true` if half of the bytes that may wait on this connection do.
    pub(crate) fn is_behind(&self, bounds: &Bounds) -> bool {
        self.waiting_bytes_of_address.is_some()
            && self.waiting_bytes.load(Ordering::Relaxed) > bounds.waiting_bytes_per_connection / 2
    }

    /// Adds to the bytes that wait for the client. Returns `false` if they are more than allowed.
    pub(crate) fn add_waiting(&self, bytes: usize, bounds: &Bounds) -> bool {
        let of_connection = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let Some(waiting) = &self.waiting_bytes_of_address else { return true };
        let of_address = waiting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        of_connection <= bounds.waiting_bytes_per_connection && of_address <= bounds.waiting_bytes_per_address
    }

    pub(crate) fn sub_waiting(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(waiting) = &self.waiting_bytes_of_address {
            waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
        self.taken.notify_one();
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// A request in progress.
#[derive(Debug)]
pub struct RequestGuard(Arc<Connection>);

impl RequestGuard {
    /// Keeps the connection busy for good, because it is no longer HTTP.
    pub(crate) fn leak(self) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.idle_since.store(connection.epoch.elapsed().as_millis() as u64, Ordering::Relaxed);
        connection.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream without a verified credential.
#[derive(Debug)]
pub struct UnverifiedStream(Arc<Connection>);

impl Drop for UnverifiedStream {
    fn drop(&mut self) {
        self.0.unverified.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn strangers_have_few_streams_and_many_refusals_end_the_connection() {
        let limiter = limiter(1, 1);
        let permit = limiter.admit(ip("192.0.2.1")).unwrap();
        let connection = &permit.connection;
        let open = [connection.try_unverified(2).unwrap(), connection.try_unverified(2).unwrap()];
        assert!(connection.try_unverified(2).is_none());
        connection.verified();
        assert!(connection.try_unverified(2).unwrap().is_none());
        drop(open);
        (1..MAX_REFUSALS).for_each(|_| connection.refused());
        assert_eq!(connection.closing(), None);
        connection.refused();
        assert_eq!(connection.closing(), Some(Closing::Refused));
    }
}
