//! The time of day as an argument.
//!
//! Whatever needs to know what time it is takes a [`Clock`], so that a test can move it. Measuring how long something took
//! is another matter and stays with [`std::time::Instant`], which never jumps.

use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// Tells the time in UTC. Clones share one source: moving a manual clock moves all of its clones.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<OffsetDateTime>>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: OffsetDateTime) -> Self {
        Self { source: Source::Manual(Arc::new(Mutex::new(start))) }
    }

    /// The present instant. It may step backwards when the machine's clock is corrected.
    pub fn now(&self) -> OffsetDateTime {
        match &self.source {
            Source::System => system_now(),
            Source::Manual(instant) => *instant.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Milliseconds since the Unix epoch, rounded down.
    pub fn unix_ms(&self) -> i64 {
        // An OffsetDateTime ends in the year 9999, far inside of i64 milliseconds.
        self.now().unix_timestamp_nanos().div_euclid(1_000_000) as i64
    }

    /// Moves a manual clock by `step`, which may be negative.
    ///
    /// # Panics
    /// When this is the machine's clock: nobody but a test may move time.
    pub fn advance(&self, step: Duration) {
        *self.manual_instant().lock().unwrap_or_else(PoisonError::into_inner) += step;
    }

    /// Sets a manual clock to `instant`.
    ///
    /// # Panics
    /// When this is the machine's clock.
    pub fn set(&self, instant: OffsetDateTime) {
        *self.manual_instant().lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }

    fn manual_instant(&self) -> &Mutex<OffsetDateTime> {
        match &self.source {
            Source::Manual(instant) => instant,
            Source::System => panic!("the machine's clock can not be moved"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_with_all_its_clones() {
        let clock = Clock::manual(datetime!(2026-01-01 00:00 UTC));
        let clone = clock.clone();
        assert_eq!(clone.now(), datetime!(2026-01-01 00:00 UTC));
        clock.advance(Duration::hours(25));
        assert_eq!(clone.now(), datetime!(2026-01-02 01:00 UTC));
        clone.set(datetime!(2025-06-01 00:00 UTC));
        assert_eq!(clock.now(), datetime!(2025-06-01 00:00 UTC));
    }

    #[test]
    fn milliseconds_are_rounded_down_on_both_sides_of_the_epoch() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(1_999_999));
        assert_eq!(clock.unix_ms(), 1);
        clock.set(OffsetDateTime::UNIX_EPOCH - Duration::nanoseconds(1));
        assert_eq!(clock.unix_ms(), -1);
    }

    #[test]
    fn the_system_clock_runs() {
        assert!(Clock::system().unix_ms() > 1_700_000_000_000);
    }

    #[test]
    #[should_panic(expected = "can not be moved")]
    fn the_system_clock_can_not_be_moved() {
        Clock::system().advance(Duration::SECOND);
    }
}
