//! Buckets of this process.

use std::hash::Hash;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, RateLimiter};

use crate::Quota;

/// One bucket for each key, in memory.
#[derive(Debug)]
pub struct LocalLimiter<K: Hash + Eq + Clone> {
    buckets: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
}

impl<K: Hash + Eq + Clone> LocalLimiter<K> {
    /// Creates a limiter that gives every key the same quota.
    pub fn new(quota: Quota) -> Self {
        Self { buckets: RateLimiter::keyed(quota.governor()), clock: DefaultClock::default() }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The time until the next token, when the bucket is empty.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        self.buckets.check_key(key).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    /// Forgets the buckets that are full again. Call it on a timer, or memory grows with every key ever seen.
    pub fn retain_recent(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn s13_each_key_has_its_burst_and_then_waits() {
        let three = NonZeroU32::new(3).unwrap();
        let limiter = LocalLimiter::new(Quota::new(three, Duration::from_secs(60)));
        assert!((0..3).all(|_| limiter.check(&"a").is_ok()));
        let wait = limiter.check(&"a").unwrap_err();
        assert!(wait > Duration::from_secs(15) && wait <= Duration::from_secs(20), "{wait:?}");
        assert!(limiter.check(&"b").is_ok());
        limiter.retain_recent();
        assert!(limiter.check(&"a").is_err(), "an empty bucket is not forgotten");
    }
}
