//! Whether an entry may still be believed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How often an unverified entry is checked while it is asked for.
pub const RETRY_MS: u64 = 1000;

/// Milliseconds that this process has lived, and since when its knowledge of changes is complete.
#[derive(Debug)]
pub struct Watch {
    start: Instant,
    /// Entries learned before this are unverified. `u64::MAX` while the stream of changes is interrupted.
    complete_since: AtomicU64,
}

impl Watch {
    /// Nothing is known yet about changes.
    pub fn new() -> Self {
        Self { start: Instant::now(), complete_since: AtomicU64::new(u64::MAX) }
    }

    /// Milliseconds since the start, never 0.
    pub fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64 + 1
    }

    /// Changes are no longer heard of.
    pub fn events_interrupted(&self) {
        self.complete_since.store(u64::MAX, Ordering::Release);
    }

    /// Every change from now on is heard of.
    pub fn events_resumed(&self) {
        // Something learned in this very millisecond may have been learned just before.
        self.complete_since.store(self.now_ms() + 1, Ordering::Release);
    }

    /// Whether changes are heard of now.
    pub fn is_complete(&self) -> bool {
        self.complete_since.load(Ordering::Acquire) != u64::MAX
    }

    /// What to do with an entry.
    pub fn judge(&self, age: &Age, now_ms: u64, negative: bool) -> Freshness {
        let checked = age.checked_ms.load(Ordering::Relaxed);
        let rested = now_ms.saturating_sub(checked.max(age.tried_ms.load(Ordering::Relaxed))) >= RETRY_MS;
        let expired = now_ms.saturating_sub(checked) >= age.ttl_ms.load(Ordering::Relaxed);
        let unverified = checked < self.complete_since.load(Ordering::Acquire);
        match (rested, unverified, expired) {
            (true, true, _) => Freshness::Unverified,
            // A code that did not exist may exist now, so it is looked up before it is denied again.
            (true, false, true) if negative => Freshness::Unverified,
            (true, false, true) => Freshness::Expired,
            _ => Freshness::Fresh,
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

/// When an entry was learned and how long it is good for; in milliseconds of the [`Watch`].
#[derive(Debug)]
pub struct Age {
    /// When the question was asked whose answer it is.
    pub checked_ms: AtomicU64,
    /// When a check was last begun, whatever came of it.
    pub tried_ms: AtomicU64,
    /// How long it is good for.
    pub ttl_ms: AtomicU64,
}

impl Age {
    /// Learned at `checked_ms`, which is 0 for what is unconfirmed.
    pub fn new(checked_ms: u64, ttl_ms: u64) -> Self {
        let at = AtomicU64::new;
        Self { checked_ms: at(checked_ms), tried_ms: at(checked_ms), ttl_ms: at(ttl_ms) }
    }
}

/// What to do with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it and refresh it behind the visitor's back: the stream would have had a change.
    Expired,
    /// Ask the owner first.
    Unverified,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_entry_is_good_until_its_time_is_over() {
        let watch = Watch { start: Instant::now(), complete_since: AtomicU64::new(10) };
        let age = Age::new(100, 5000);
        assert_eq!(watch.judge(&age, 5099, false), Freshness::Fresh);
        assert_eq!(watch.judge(&age, 5100, false), Freshness::Expired);
        assert_eq!(watch.judge(&age, 5100, true), Freshness::Unverified, "a denial is looked up again");
    }

    #[test]
    fn without_the_stream_an_entry_is_checked_once_a_second() {
        let watch = Watch::new();
        let age = Age::new(100, 5000);
        assert_eq!(watch.judge(&age, 1099, false), Freshness::Fresh);
        assert_eq!(watch.judge(&age, 1100, false), Freshness::Unverified);
        age.tried_ms.store(1100, Ordering::Relaxed);
        assert_eq!(watch.judge(&age, 2099, false), Freshness::Fresh, "the check failed: not again at once");
        assert_eq!(watch.judge(&age, 2100, false), Freshness::Unverified);
        watch.complete_since.store(50, Ordering::Relaxed);
        assert_eq!(watch.judge(&age, 2100, false), Freshness::Fresh);
    }

    #[test]
    fn after_an_interruption_older_entries_are_checked_once() {
        let watch = Watch { start: Instant::now(), complete_since: AtomicU64::new(3000) };
        assert_eq!(watch.judge(&Age::new(1000, 60_000), 3500, false), Freshness::Unverified);
        assert_eq!(watch.judge(&Age::new(3000, 60_000), 3500, false), Freshness::Fresh);
    }
}
