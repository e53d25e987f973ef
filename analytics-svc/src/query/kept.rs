//! Questions about times of which not every level is kept any more: they are answered by the next coarser one.

use curtail_rpc::{Code, Error};

use super::range::Range;
use crate::level::Level;
use crate::retention::Kept;

impl Kept {
    /// The level that still has the instant.
    fn level(self, at_ms: i64) -> Level {
        if at_ms < self.hours_ms {
            Level::Day
        } else if at_ms < self.minutes_ms {
            Level::Hour
        } else {
            Level::Minute
        }
    }

    /// What is kept for questions about dimensions that folded days answer: where there are no raw clicks, whole days.
    pub fn of_dimensions(self) -> Self {
        let (hours_ms, minutes_ms) = (self.hours_ms.max(self.raw_ms), self.minutes_ms.max(self.raw_ms));
        Self { hours_ms, minutes_ms, ..self }
    }

    /// The range rounded outwards to what is kept: to whole hours where there are no minutes, to whole days where there are no
    /// hours.
    pub fn align(self, range: Range) -> Range {
        // The end itself is not in the range.
        let level = self.level(range.until_ms - 1);
        let until_ms = level.start_of(range.until_ms - 1) + level.width_ms().unwrap_or_default();
        Range { from_ms: self.level(range.from_ms).start_of(range.from_ms), until_ms }
    }

    /// The starts of buckets, moved back to where a kept interval starts. An interval that lies across the start of a bucket
    /// counts for the later one.
    ///
    /// # Errors
    /// `INVALID` when buckets are narrower than what is kept.
    pub fn align_starts(self, starts: &[i64]) -> Result<Vec<i64>, Error> {
        let aligned: Vec<i64> = starts.iter().map(|start| self.level(*start).start_of(*start)).collect();
        if aligned.windows(2).any(|pair| pair[0] == pair[1]) {
            let message = "these steps are not kept for so long: choose a wider step or a later range";
            return Err(Error::new(Code::Invalid, "STEP_NOT_KEPT", message).field("step"));
        }
        Ok(aligned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const KEPT: Kept = Kept { raw_ms: 0, minutes_ms: 20 * DAY, hours_ms: 10 * DAY };

    fn align(from_ms: i64, until_ms: i64) -> (i64, i64) {
        let range = KEPT.align(Range { from_ms, until_ms });
        (range.from_ms, range.until_ms)
    }

    #[test]
    fn a_range_grows_to_what_is_kept() {
        assert_eq!(align(20 * DAY + MINUTE, 21 * DAY - MINUTE), (20 * DAY + MINUTE, 21 * DAY - MINUTE));
        assert_eq!(align(20 * DAY - MINUTE, 20 * DAY + MINUTE), (20 * DAY - HOUR, 20 * DAY + MINUTE));
        assert_eq!(align(15 * DAY + MINUTE, 20 * DAY - MINUTE), (15 * DAY, 20 * DAY));
        assert_eq!(align(9 * DAY + MINUTE, 10 * DAY - MINUTE), (9 * DAY, 10 * DAY));
        assert_eq!(align(9 * DAY + MINUTE, 10 * DAY + MINUTE), (9 * DAY, 10 * DAY + HOUR));
        assert_eq!(align(9 * DAY, 10 * DAY), (9 * DAY, 10 * DAY));
    }

    #[test]
    fn dimensions_are_known_by_the_day_where_raw_clicks_are_gone() {
        let kept = Kept { raw_ms: 15 * DAY, ..KEPT }.of_dimensions();
        let range = kept.align(Range { from_ms: 14 * DAY + HOUR, until_ms: 15 * DAY + HOUR });
        assert_eq!((range.from_ms, range.until_ms), (14 * DAY, 15 * DAY + HOUR));
    }

    #[test]
    fn buckets_begin_where_kept_intervals_do() {
        let half = 30 * MINUTE;
        let starts = [8 * DAY + half, 9 * DAY + half, 12 * DAY + half, 20 * DAY + half];
        assert_eq!(KEPT.align_starts(&starts).unwrap(), [8 * DAY, 9 * DAY, 12 * DAY, 20 * DAY + half]);
    }

    #[test]
    fn steps_that_are_not_kept_are_refused() {
        let reason = |starts: &[i64]| KEPT.align_starts(starts).unwrap_err().reason;
        assert_eq!(reason(&[9 * DAY, 9 * DAY + HOUR]), "STEP_NOT_KEPT");
        assert_eq!(reason(&[15 * DAY, 15 * DAY + MINUTE]), "STEP_NOT_KEPT");
        assert!(KEPT.align_starts(&[15 * DAY, 15 * DAY + HOUR]).is_ok());
        assert!(KEPT.align_starts(&[20 * DAY, 20 * DAY + MINUTE]).is_ok());
    }
}
