//! The limit per address in this process.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::counted;
use crate::error::{Code, Refusal};

/// Requests per second and burst of each address.
pub struct AddressLimiter {
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
}

impl AddressLimiter {
    /// No limit when `per_second` is 0.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let quota = NonZeroU32::new(per_second).zip(NonZeroU32::new(burst));
        let limiter = quota.map(|(rate, burst)| RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst)));
        Self { limiter, clock: DefaultClock::default() }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// `RATE_LIMITED` with the time until the next one passes.
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(&counted(address)).map_err(|until| {
            metrics::counter!("gateway_limiter_total", "limiter" => "address", "outcome" => "refused").increment(1);
            let wait = until.wait_time_from(self.clock.now());
            Refusal::new(Code::RateLimited, "too many requests from this address").retry_after(wait)
        })
    }

    /// Forgets addresses that came to rest, so that memory follows the number of active ones.
    pub fn forget(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn s13_each_address_has_its_burst_and_then_waits() {
        let limiter = AddressLimiter::new(1, 3);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!((0..3).all(|_| limiter.check(one).is_ok()));
        let refusal = limiter.check(one).unwrap_err();
        assert_eq!(refusal.code, Code::RateLimited);
        assert!(refusal.retry_after.unwrap() <= Duration::from_secs(1));
        assert!(limiter.check(other).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = AddressLimiter::new(0, 1);
        assert!((0..1000).all(|_| limiter.check("192.0.2.1".parse().unwrap()).is_ok()));
    }
}
