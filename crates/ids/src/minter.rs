//! Minting under a lease: arithmetic only, with time as an argument.

use std::time::{Duration, Instant};

use crate::{Unavailable, compose, lease::Lease};

/// How long a lease lasts without renewal.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(30);

/// How long after a renewal ids may be minted: two thirds of the lease, so that a holder has stopped well before anybody
/// may take its number.
const MINTING_SPAN: Duration = Duration::from_secs(20);

/// How far ids may run ahead of the clock, for a clock that steps back a little or more ids than a millisecond holds.
const TOLERANCE_MS: i64 = 10;

const LAST_SEQUENCE: u16 = 4095;

/// The worker number of a process and the last id it gave out.
#[derive(Debug)]
pub(crate) struct Minter {
    pub(crate) lease: Lease,
    last_ms: i64,
    sequence: u16,
    /// No id later than this: the time up to the lease's reservation, with a margin. Unix milliseconds.
    until_ms: i64,
    /// The same by the clock that never jumps.
    until: Instant,
}

impl Minter {
    /// Starts after everything that earlier holders of the number may have minted. The times are those of just before
    /// the lease was asked for.
    pub(crate) fn new(lease: Lease, now_ms: i64, now: Instant) -> Self {
        let mut minter =
            Self { last_ms: lease.used_through_ms, sequence: LAST_SEQUENCE, until_ms: 0, until: now, lease };
        minter.renewed(now_ms, now);
        minter
    }

    /// Extends the span after a renewal that was asked for at the given time.
    pub(crate) fn renewed(&mut self, now_ms: i64, now: Instant) {
        self.until_ms = now_ms + i64::try_from(MINTING_SPAN.as_millis()).expect("seconds");
        self.until = now + MINTING_SPAN;
    }

    /// Whether ids can still be minted without another renewal.
    pub(crate) fn is_live(&self, now: Instant) -> bool {
        now < self.until
    }

    /// Whether the clock stands too far before the last id.
    pub(crate) fn is_ahead_of(&self, now_ms: i64) -> bool {
        self.last_ms - now_ms > TOLERANCE_MS
    }

    /// The next id: larger than every one before.
    pub(crate) fn mint(&mut self, now_ms: i64, now: Instant) -> Result<i64, Unavailable> {
        if self.is_ahead_of(now_ms) {
            return Err(Unavailable::ClockWentBack);
        }
        let (ms, sequence) = match now_ms {
            later if later > self.last_ms => (later, 0),
            _ if self.sequence < LAST_SEQUENCE => (self.last_ms, self.sequence + 1),
            _ => (self.last_ms + 1, 0),
        };
        if ms - now_ms > TOLERANCE_MS {
            return Err(Unavailable::Exhausted);
        }
        if ms > self.until_ms || now >= self.until {
            return Err(Unavailable::NoLease);
        }
        (self.last_ms, self.sequence) = (ms, sequence);
        Ok(compose(ms, self.lease.worker, sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_228_257_000;

    fn minter(now: Instant) -> Minter {
        Minter::new(Lease { worker: 7, fence: 1, used_through_ms: 0 }, NOW_MS, now)
    }

    #[test]
    fn ids_grow_also_when_the_millisecond_is_used_up() {
        let now = Instant::now();
        let mut minter = minter(now);
        let ids: Vec<i64> = (0..10_000).map(|_| minter.mint(NOW_MS, now).unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        let rest = std::iter::repeat_with(|| minter.mint(NOW_MS, now)).take(100_000).find_map(Result::err);
        assert_eq!(rest, Some(Unavailable::Exhausted));
        assert_eq!(minter.last_ms, NOW_MS + TOLERANCE_MS);
    }

    #[test]
    fn a_clock_that_steps_back_ten_milliseconds_is_survived_and_one_more_refused() {
        let now = Instant::now();
        let mut minter = minter(now);
        let last = minter.mint(NOW_MS, now).unwrap();
        assert!(minter.mint(NOW_MS - 10, now).unwrap() > last);
        assert_eq!(minter.mint(NOW_MS - 11, now), Err(Unavailable::ClockWentBack));
        assert_eq!(minter.mint(NOW_MS - 3_600_000, now), Err(Unavailable::ClockWentBack));
        assert!(minter.mint(NOW_MS + 1, now).unwrap() > last);
    }

    #[test]
    fn minting_stops_at_two_thirds_of_the_lease_by_either_clock() {
        let now = Instant::now();
        let mut minter = minter(now);
        let almost = Duration::from_millis(19_999);
        minter.mint(NOW_MS + 20_000, now + almost).unwrap();
        assert_eq!(minter.mint(NOW_MS + 20_001, now + almost), Err(Unavailable::NoLease));
        assert_eq!(minter.mint(NOW_MS + 20_000, now + MINTING_SPAN), Err(Unavailable::NoLease));
        // An hour ahead is past every reservation until the lease is renewed there.
        assert_eq!(minter.mint(NOW_MS + 3_600_000, now), Err(Unavailable::NoLease));
        minter.renewed(NOW_MS + 3_600_000, now);
        minter.mint(NOW_MS + 3_600_000, now).unwrap();
    }

    #[test]
    fn a_new_holder_starts_after_what_was_reserved() {
        let now = Instant::now();
        let lease = Lease { worker: 7, fence: 2, used_through_ms: NOW_MS + 5 };
        let first = Minter::new(lease, NOW_MS, now).mint(NOW_MS, now).unwrap();
        assert_eq!(first, compose(NOW_MS + 6, 7, 0));
    }
}
