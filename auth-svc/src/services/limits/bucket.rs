//! What is counted, and how much of it is allowed.

use std::{num::NonZeroU32, time::Duration};

/// How many tries, and how fast they come back.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub name: &'static str,
    /// How many at once.
    pub burst: NonZeroU32,
    /// Time until one more.
    pub interval: Duration,
}

impl Rule {
    /// `count` come back in `period`. Settings are checked to be at least 1; a zero would count as 1.
    pub fn new(name: &'static str, burst: u32, count: u32, period: Duration) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        Self { name, burst, interval: period / count.max(1) }
    }
}

/// One counter.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub rule: Rule,
    /// Its name in Redis.
    pub key: String,
}
