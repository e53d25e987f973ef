//! The range of time of a question.

use curtail_rpc::{Code, Error};
use prost_types::Timestamp;

/// The longest range, in days.
pub const MAX_DAYS: i64 = 1_830;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// From (included) until (excluded), in milliseconds since 1970, both whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first millisecond.
    pub from_ms: i64,
    /// The one after the last.
    pub until_ms: i64,
}

impl Range {
    /// The range between two instants, rounded outwards to whole minutes.
    ///
    /// # Errors
    /// `INVALID` when one is missing, is before 1970 or after 2200, when they are not in order, or more than [`MAX_DAYS`]
    /// apart.
    pub fn of(from: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, Error> {
        let from_ms = instant("from", from)?.div_euclid(MINUTE_MS) * MINUTE_MS;
        let until_ms = (instant("until", until)? + MINUTE_MS - 1).div_euclid(MINUTE_MS) * MINUTE_MS;
        if until_ms <= from_ms {
            return Err(Error::new(Code::Invalid, "RANGE_EMPTY", "`until` must be after `from`").field("until"));
        }
        if until_ms - from_ms > MAX_DAYS * DAY_MS {
            return Err(Error::new(Code::Invalid, "RANGE_TOO_LONG", format!("at most {MAX_DAYS} days")).field("from"));
        }
        Ok(Self { from_ms, until_ms })
    }

    /// The range of the same length just before.
    pub fn previous(self) -> Self {
        Self { from_ms: self.from_ms - (self.until_ms - self.from_ms), until_ms: self.from_ms }
    }
}

fn instant(field: &'static str, value: Option<Timestamp>) -> Result<i64, Error> {
    const YEAR_2200: i64 = 7_258_118_400;
    let value =
        value.ok_or_else(|| Error::new(Code::Invalid, "RANGE_MISSING", "the range needs both ends").field(field))?;
    if !(0..=YEAR_2200).contains(&value.seconds) || !(0..1_000_000_000).contains(&value.nanos) {
        return Err(Error::new(Code::Invalid, "INSTANT_OUT_OF_RANGE", "between the years 1970 and 2200").field(field));
    }
    Ok(value.seconds * 1000 + i64::from(value.nanos) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 0 })
    }

    fn reason(from: Option<Timestamp>, until: Option<Timestamp>) -> String {
        Range::of(from, until).unwrap_err().reason.into_owned()
    }

    #[test]
    fn ends_are_rounded_outwards() {
        assert_eq!(Range::of(at(61), at(121)).unwrap(), Range { from_ms: 60_000, until_ms: 180_000 });
        assert_eq!(Range::of(at(60), at(120)).unwrap(), Range { from_ms: 60_000, until_ms: 120_000 });
    }

    #[test]
    fn the_previous_range_ends_where_this_begins() {
        let range = Range { from_ms: 600_000, until_ms: 900_000 };
        assert_eq!(range.previous(), Range { from_ms: 300_000, until_ms: 600_000 });
    }

    #[test]
    fn bounds_hold_at_the_edge_and_fail_one_past() {
        assert!(Range::of(at(0), at(MAX_DAYS * 86_400)).is_ok());
        assert_eq!(reason(at(0), at(MAX_DAYS * 86_400 + 1)), "RANGE_TOO_LONG");
        assert_eq!(reason(at(60), at(60)), "RANGE_EMPTY");
        assert_eq!(reason(at(120), at(60)), "RANGE_EMPTY");
        assert_eq!(reason(None, at(60)), "RANGE_MISSING");
        assert_eq!(reason(at(-1), at(60)), "INSTANT_OUT_OF_RANGE");
        assert_eq!(reason(at(0), at(i64::MAX)), "INSTANT_OUT_OF_RANGE");
        assert_eq!(reason(at(0), Some(Timestamp { seconds: 60, nanos: -1 })), "INSTANT_OUT_OF_RANGE");
    }
}
