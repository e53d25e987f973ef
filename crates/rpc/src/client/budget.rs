//! How many calls may be made a second time.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// A bucket of retries: every call adds a share of one, every second adds the floor, a retry takes one out. It holds at
/// most a second's floor, so that a quiet hour does not pay for a storm. Over any time T with N calls there are at most
/// `share · N + floor · (T + 1 s)` retries.
///
/// `tower::retry::budget::TpsBudget` does not keep such a promise: calls that come a little late for one of its slots make
/// it forget two, which hands out half as much again of the floor.
#[derive(Debug)]
pub(crate) struct Budget {
    /// What a call adds and what a second adds, in hundredths of a retry, so that shares add up exactly.
    share: f64,
    floor: f64,
    level: Mutex<Level>,
}

/// One retry in hundredths.
const RETRY: f64 = 100.0;

#[derive(Debug)]
struct Level {
    hundredths: f64,
    at: Instant,
}

impl Budget {
    /// A full budget: `percent` of the calls and `floor` retries a second.
    pub(crate) fn new(percent: u32, floor: u32, now: Instant) -> Self {
        let floor = f64::from(floor) * RETRY;
        Self { share: f64::from(percent), floor, level: Mutex::new(Level { hundredths: floor, at: now }) }
    }

    /// Counts a call that could be made again.
    pub(crate) fn deposit(&self, now: Instant) {
        self.change(now, |level| *level += self.share);
    }

    /// Takes one retry out, if there is one.
    pub(crate) fn withdraw(&self, now: Instant) -> bool {
        self.change(now, |level| {
            let enough = *level >= RETRY;
            *level -= if enough { RETRY } else { 0.0 };
            enough
        })
    }

    fn change<T>(&self, now: Instant, change: impl FnOnce(&mut f64) -> T) -> T {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        // Even without a floor there is room for the one retry that shares add up to.
        let most = self.floor.max(RETRY);
        level.hundredths += self.floor * now.saturating_duration_since(level.at).as_secs_f64();
        level.hundredths = level.hundredths.min(most);
        level.at = level.at.max(now);
        let result = change(&mut level.hundredths);
        level.hundredths = level.hundredths.min(most);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Retries granted when every call of `calls` per second fails for some seconds.
    fn granted(budget: &Budget, start: Instant, calls: u32, seconds: u32) -> u32 {
        let pause = Duration::from_secs(1) / calls;
        let calls = (0..calls * seconds).filter(|n| {
            let now = start + pause * *n;
            budget.deposit(now);
            budget.withdraw(now)
        });
        u32::try_from(calls.count()).unwrap()
    }

    #[test]
    fn f17_a_share_and_a_floor_and_not_more() {
        let start = Instant::now();
        for (calls, seconds, least, most) in [(1000, 60, 6500, 6610), (20, 60, 600, 740), (5, 60, 300, 300)] {
            let retries = granted(&Budget::new(10, 10, start), start, calls, seconds);
            assert!((least..=most).contains(&retries), "{retries} retries of {calls} calls a second");
        }
    }

    #[test]
    fn a_quiet_hour_saves_up_one_second() {
        let start = Instant::now();
        let budget = Budget::new(10, 10, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..100).filter(|_| budget.withdraw(later)).count(), 10);
    }

    #[test]
    fn either_part_can_be_switched_off() {
        let start = Instant::now();
        assert_eq!(granted(&Budget::new(0, 0, start), start, 100, 10), 0);
        let share_only = granted(&Budget::new(10, 0, start), start, 100, 10);
        assert!((99..=100).contains(&share_only), "{share_only}");
        assert_eq!(granted(&Budget::new(0, 1, start), start, 100, 10), 10);
    }
}
