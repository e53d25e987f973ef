//! How much a bucket holds.

use std::num::NonZeroU32;
use std::time::Duration;

/// The capacity of a bucket and the rate at which it refills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    burst: NonZeroU32,
    interval: Duration,
}

impl Quota {
    /// `count` tokens per `period`, of which all may be taken at once.
    pub fn new(count: NonZeroU32, period: Duration) -> Self {
        Self { burst: count, interval: (period / count.get()).max(Duration::from_nanos(1)) }
    }

    /// The same rate with another capacity.
    #[must_use]
    pub fn burst(self, burst: NonZeroU32) -> Self {
        Self { burst, ..self }
    }

    /// Returns how many tokens a full bucket holds.
    pub fn capacity(&self) -> NonZeroU32 {
        self.burst
    }

    /// Returns the time until one token is back.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    pub(crate) fn governor(&self) -> governor::Quota {
        let quota = governor::Quota::with_period(self.interval).expect("the interval is at least a nanosecond");
        quota.allow_burst(self.burst)
    }
}
