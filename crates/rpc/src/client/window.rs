//! Counts calls and failures of the recent past.

use std::time::{Duration, Instant};

/// Slots of the window: what leaves it does so in tenths.
const SLOTS: usize = 10;

/// A sliding window of ten slots.
#[derive(Debug)]
pub(crate) struct Window {
    slots: [(u32, u32); SLOTS],
    slot: Duration,
    /// Which slot is the current one, and when it began.
    current: usize,
    since: Instant,
    /// Failures since the last success.
    in_a_row: u32,
}

impl Window {
    pub(crate) fn new(length: Duration, now: Instant) -> Self {
        let slot = (length / SLOTS as u32).max(Duration::from_millis(1));
        Self { slots: [(0, 0); SLOTS], slot, current: 0, since: now, in_a_row: 0 }
    }

    pub(crate) fn record(&mut self, success: bool, now: Instant) {
        self.advance(now);
        let (calls, failures) = &mut self.slots[self.current];
        *calls += 1;
        *failures += u32::from(!success);
        self.in_a_row = if success { 0 } else { self.in_a_row.saturating_add(1) };
    }

    /// Calls and failures in the window.
    pub(crate) fn totals(&mut self, now: Instant) -> (u32, u32) {
        self.advance(now);
        self.slots.iter().fold((0, 0), |sum, slot| (sum.0 + slot.0, sum.1 + slot.1))
    }

    /// Failures since the last success, however long ago that was.
    pub(crate) fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    fn advance(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_nanos() / self.slot.as_nanos();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        for _ in 0..passed.min(SLOTS as u32) {
            self.current = (self.current + 1) % SLOTS;
            self.slots[self.current] = (0, 0);
        }
        self.since = if passed < u32::MAX { self.since + self.slot * passed } else { now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_leave_one_by_one() {
        let start = Instant::now();
        let mut window = Window::new(Duration::from_secs(10), start);
        for second in 0..10 {
            window.record(second % 2 == 0, start + Duration::from_secs(second));
        }
        assert_eq!(window.totals(start + Duration::from_millis(9_999)), (10, 5));
        assert_eq!(window.totals(start + Duration::from_secs(10)), (9, 5));
        assert_eq!(window.totals(start + Duration::from_secs(11)), (8, 4));
        assert_eq!(window.totals(start + Duration::from_secs(3600)), (0, 0));
    }

    #[test]
    fn a_success_ends_a_row_of_failures() {
        let start = Instant::now();
        let mut window = Window::new(Duration::from_secs(10), start);
        for success in [false, false, true, false, false, false] {
            window.record(success, start);
        }
        assert_eq!(window.in_a_row(), 3);
    }
}
