//! Counters of this process, for when Redis is away.

use std::{collections::HashMap, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use super::bucket::{Bucket, Rule};

/// One keyed limiter a rule. Cannot take tries back, so successes count too: without Redis limits are rather tighter.
#[derive(Debug)]
pub(super) struct Local {
    limiters: HashMap<&'static str, DefaultKeyedRateLimiter<String>>,
    clock: DefaultClock,
}

impl Local {
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let limiter = |rule: &Rule| {
            let quota = Quota::with_period(rule.interval)?.allow_burst(rule.burst);
            Some((rule.name, RateLimiter::keyed(quota)))
        };
        Self { limiters: rules.into_iter().filter_map(limiter).collect(), clock: DefaultClock::default() }
    }

    /// Takes a try from every bucket; the time to wait when one is empty.
    pub fn take(&self, buckets: &[Bucket]) -> Result<(), Duration> {
        for bucket in buckets {
            if let Some(limiter) = self.limiters.get(bucket.rule.name) {
                limiter.check_key(&bucket.key).map_err(|refused| refused.wait_time_from(self.clock.now()))?;
            }
        }
        Ok(())
    }

    /// Forgets counters that are full again.
    pub fn sweep(&self) {
        self.limiters.values().for_each(|limiter| {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s13_without_redis_the_burst_is_the_same() {
        let rule = Rule::new("address", 3, 3, Duration::from_secs(60));
        let local = Local::new([&rule]);
        let bucket = |key: &str| Bucket { rule: rule.clone(), key: key.to_owned() };
        for _ in 0..3 {
            assert!(local.take(&[bucket("a")]).is_ok());
        }
        let wait = local.take(&[bucket("a")]).unwrap_err();
        assert!(wait > Duration::from_secs(15) && wait <= Duration::from_secs(20), "{wait:?}");
        assert!(local.take(&[bucket("b")]).is_ok());
        local.sweep();
        assert!(local.take(&[bucket("a")]).is_err());
    }
}
