//! What is known of one open connection, and what it may still do.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::sync::{Notify, Semaphore};

use crate::Bounds;

/// Refusals after which a connection ends.
const MAX_REFUSALS: u32 = 1000;

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
    pub(crate) fn new(
        peer: IpAddr,
        epoch: Instant,
        bounds: &Bounds,
        (waiting, trusted): (Arc<AtomicUsize>, bool),
    ) -> Self {
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

    /// Milliseconds after the epoch since which no request is in progress. `None` while one is.
    pub(crate) fn idle_since(&self) -> Option<u64> {
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

    #[test]
    fn strangers_have_few_streams_and_many_refusals_end_the_connection() {
        let bounds = Bounds::default();
        let waiting = (Arc::default(), false);
        let connection = Arc::new(Connection::new("192.0.2.1".parse().unwrap(), Instant::now(), &bounds, waiting));
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
