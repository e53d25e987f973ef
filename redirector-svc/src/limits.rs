//! How much one address may ask.
//!
//! Two bounds: requests per second with a burst, and answers "not found" per minute. The second is what makes guessing
//! codes hopeless: an address that has used it up gets 429 for *every* code until it has refilled a little, as anything else would
//! tell which codes exist.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use curtail_edge::ClientNetwork;
use curtail_rate_limit::{LocalLimiter, Quota};

/// Above this many addresses with a spent budget the ones that may ask again are forgotten.
const BOX_SWEEP: usize = 10_000;

/// The state of all addresses. A bound of 0 is none.
pub struct Limits {
    requests: Option<LocalLimiter<ClientNetwork>>,
    misses: Option<LocalLimiter<ClientNetwork>>,
    /// Who has to wait because of misses, and until when.
    waiting: Mutex<HashMap<ClientNetwork, Instant>>,
    /// Length of `waiting`, so that the many who never miss need no lock.
    waiting_len: AtomicUsize,
}

impl Limits {
    /// From `ip_per_second`, `ip_burst` and `not_found_per_minute`.
    pub fn new(per_second: u32, burst: u32, not_found_per_minute: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let requests = NonZeroU32::new(per_second).map(|rate| Quota::new(rate, Duration::from_secs(1)).burst(burst));
        let misses = NonZeroU32::new(not_found_per_minute).map(|rate| Quota::new(rate, Duration::from_secs(60)));
        Self {
            requests: requests.map(LocalLimiter::new),
            misses: misses.map(LocalLimiter::new),
            waiting: Mutex::default(),
            waiting_len: AtomicUsize::new(0),
        }
    }

    /// Counts a request. `Err`: it is too many, and how long to wait.
    pub fn request(&self, address: IpAddr) -> Result<(), Duration> {
        if self.requests.is_none() && self.waiting_len.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let client = ClientNetwork::from(address);
        self.check_waiting(client)?;
        Self::check(self.requests.as_ref(), client)
    }

    /// Counts an answer "not found". `Err`: it is too many, and how long to wait.
    pub fn not_found(&self, address: IpAddr) -> Result<(), Duration> {
        let client = ClientNetwork::from(address);
        let spent = Self::check(self.misses.as_ref(), client);
        if let Err(wait) = spent {
            let mut waiting = self.lock();
            let now = Instant::now();
            if waiting.len() >= BOX_SWEEP {
                waiting.retain(|_, until| *until > now);
            }
            waiting.insert(client, now + wait);
            self.waiting_len.store(waiting.len(), Ordering::Relaxed);
        }
        spent
    }

    /// Forgets addresses that are as good as new. To be called now and then.
    pub fn sweep(&self) {
        self.requests.iter().chain(&self.misses).for_each(LocalLimiter::retain_recent);
        let now = Instant::now();
        let mut waiting = self.lock();
        waiting.retain(|_, until| *until > now);
        self.waiting_len.store(waiting.len(), Ordering::Relaxed);
    }

    fn check(limiter: Option<&LocalLimiter<ClientNetwork>>, client: ClientNetwork) -> Result<(), Duration> {
        limiter.map_or(Ok(()), |limiter| limiter.check(&client))
    }

    fn check_waiting(&self, client: ClientNetwork) -> Result<(), Duration> {
        if self.waiting_len.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let until = self.lock().get(&client).copied();
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(left),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientNetwork, Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_burst_is_allowed_and_one_more_is_not() {
        let limits = Limits::new(1, 3, 0);
        for _ in 0..3 {
            limits.request(ip("192.0.2.1")).unwrap();
        }
        assert!(limits.request(ip("192.0.2.1")).unwrap_err() <= Duration::from_secs(1));
        limits.request(ip("192.0.2.2")).unwrap();
    }

    #[test]
    fn s09_misses_over_the_budget_close_every_code_for_that_address() {
        let limits = Limits::new(0, 0, 3);
        for _ in 0..3 {
            limits.not_found(ip("2001:db8::1")).unwrap();
            limits.request(ip("2001:db8::1")).unwrap();
        }
        assert!(limits.not_found(ip("2001:db8::1")).is_err());
        assert!(limits.request(ip("2001:db8::2:1")).is_err(), "the same /64");
        limits.request(ip("2001:db8:0:1::1")).unwrap();
        limits.sweep();
        assert!(limits.request(ip("2001:db8::1")).is_err(), "sweeping forgives nothing");
    }

    #[test]
    fn zero_is_no_limit() {
        let limits = Limits::new(0, 0, 0);
        for _ in 0..10_000 {
            limits.request(ip("192.0.2.1")).unwrap();
            limits.not_found(ip("192.0.2.1")).unwrap();
        }
    }
}
