//! Where the buckets of a series begin, in the caller's time zone.

use curtail_proto::analytics::v1::Step;
use curtail_rpc::{Code, Error};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use super::range::Range;

/// The most buckets of a series.
pub const MAX_BUCKETS: usize = 2_000;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// The zone of an IANA name; empty is UTC.
///
/// # Errors
/// `INVALID` when there is no such zone.
pub fn time_zone(name: &str) -> Result<TimeZone, Error> {
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    // The longest name is 32 bytes.
    let zone = if name.len() <= 64 { TimeZone::get(name).ok() } else { None };
    zone.ok_or_else(|| Error::new(Code::Invalid, "TIME_ZONE_UNKNOWN", "not an IANA time zone").field("time_zone"))
}

/// The starts of all buckets that the range touches, in milliseconds since 1970. The first may be before the range.
///
/// Days, weeks (from Monday) and months begin at the first instant of their local date, also where the clock skips midnight.
/// Hours begin at full local hours: on a day with a change of the clock there are 23 or 25, and where the clock changes by
/// half an hour one is short.
///
/// # Errors
/// `INVALID` when there are more than [`MAX_BUCKETS`].
pub fn starts(range: Range, step: Step, zone: &TimeZone) -> Result<Vec<i64>, Error> {
    let mut starts = Vec::new();
    let mut start = first(range.from_ms, step, zone);
    while let Some(at) = start.filter(|at| *at < range.until_ms) {
        if starts.len() == MAX_BUCKETS {
            let message = format!("at most {MAX_BUCKETS} steps: choose a wider step or a shorter range");
            return Err(Error::new(Code::Invalid, "TOO_MANY_STEPS", message).field("step"));
        }
        starts.push(at);
        start = next(at, step, zone).filter(|next| *next > at);
    }
    Ok(starts)
}

/// The start of the bucket that `at_ms` is in.
fn first(at_ms: i64, step: Step, zone: &TimeZone) -> Option<i64> {
    match step {
        Step::Unspecified => None,
        Step::Minute => Some(at_ms - at_ms.rem_euclid(MINUTE_MS)),
        Step::Hour => {
            let floor = hour(at_ms, zone)?;
            // The hour may have begun before the clock changed within it.
            let next = next(floor, step, zone)?;
            Some(if next <= at_ms { next } else { floor })
        }
        Step::Day | Step::Week | Step::Month => local_start(&zoned(at_ms, zone)?, step),
    }
}

fn next(start_ms: i64, step: Step, zone: &TimeZone) -> Option<i64> {
    match step {
        Step::Unspecified => None,
        Step::Minute => Some(start_ms + MINUTE_MS),
        Step::Hour => Some(hour(start_ms, zone)? + HOUR_MS),
        Step::Day | Step::Week | Step::Month => {
            let span = match step {
                Step::Day => 1.day(),
                Step::Week => 1.week(),
                _ => 1.month(),
            };
            // By the calendar and not by the clock: a day may have 23 or 25 hours.
            let date = zoned(start_ms, zone)?.date().checked_add(span).ok()?;
            Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
        }
    }
}

/// The full local hour at or before the instant, by the offset that holds at the instant.
fn hour(at_ms: i64, zone: &TimeZone) -> Option<i64> {
    let offset_ms = i64::from(zoned(at_ms, zone)?.offset().seconds()) * 1000;
    Some(at_ms - (at_ms + offset_ms).rem_euclid(HOUR_MS))
}

fn local_start(at: &Zoned, step: Step) -> Option<i64> {
    let date = match step {
        Step::Week => at.date().checked_sub(i64::from(at.date().weekday().to_monday_zero_offset()).days()).ok()?,
        Step::Month => at.date().first_of_month(),
        _ => at.date(),
    };
    Some(date.to_zoned(at.time_zone().clone()).ok()?.timestamp().as_millisecond())
}

fn zoned(at_ms: i64, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(at_ms).ok()?.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn series(from: &str, until: &str, step: Step, zone: &str) -> Vec<String> {
        let range = Range { from_ms: ms(from), until_ms: ms(until) };
        let zone = time_zone(zone).unwrap();
        let starts = starts(range, step, &zone).unwrap();
        starts.iter().map(|at| Timestamp::from_millisecond(*at).unwrap().to_string()).collect()
    }

    #[test]
    fn days_have_23_and_25_hours_when_the_clock_changes() {
        let spring = series("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", Step::Day, "Europe/Berlin");
        assert_eq!(spring, ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]);
        let autumn = series("2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z", Step::Day, "Europe/Berlin");
        assert_eq!(autumn, ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]);
        assert_eq!(series("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", Step::Hour, "Europe/Berlin").len(), 23);
        assert_eq!(series("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", Step::Hour, "Europe/Berlin").len(), 25);
    }

    #[test]
    fn zones_off_by_half_and_quarter_hours() {
        let india = series("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", Step::Day, "Asia/Kolkata");
        assert_eq!(india, ["2025-12-31T18:30:00Z", "2026-01-01T18:30:00Z"]);
        let nepal = series("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", Step::Hour, "Asia/Kathmandu");
        assert_eq!(nepal, ["2025-12-31T23:15:00Z", "2026-01-01T00:15:00Z", "2026-01-01T01:15:00Z"]);
    }

    #[test]
    fn a_change_by_half_an_hour_makes_a_short_hour() {
        // Lord Howe goes from 02:00 to 02:30 (+10:30 to +11) on 2026-10-04 and back on 2026-04-05.
        let forward = series("2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z", Step::Hour, "Australia/Lord_Howe");
        assert_eq!(forward, ["2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"]);
        let back = series("2026-04-04T14:00:00Z", "2026-04-04T16:00:00Z", Step::Hour, "Australia/Lord_Howe");
        assert_eq!(back, ["2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"]);
    }

    #[test]
    fn a_day_without_midnight_begins_later() {
        // Santiago skips from 00:00 to 01:00 on 2026-09-06.
        let days = series("2026-09-05T12:00:00Z", "2026-09-07T00:00:00Z", Step::Day, "America/Santiago");
        assert_eq!(days, ["2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z"]);
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let weeks = series("2026-11-18T00:00:00Z", "2026-11-24T00:00:00Z", Step::Week, "UTC");
        assert_eq!(weeks, ["2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"]);
        let months = series("2026-01-31T12:00:00Z", "2026-03-01T05:00:00Z", Step::Month, "America/New_York");
        assert_eq!(months, ["2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z"]);
    }

    #[test]
    fn the_number_of_steps_is_bounded() {
        let minutes = |n: i64| starts(Range { from_ms: 0, until_ms: n * MINUTE_MS }, Step::Minute, &TimeZone::UTC);
        assert_eq!(minutes(2_000).unwrap().len(), MAX_BUCKETS);
        assert_eq!(minutes(2_001).unwrap_err().reason, "TOO_MANY_STEPS");
    }

    #[test]
    fn zones_are_names_of_the_iana_database() {
        assert!(time_zone("").is_ok());
        for name in ["Mars/Olympus", "../../etc/passwd", "'; --", &"x".repeat(65)] {
            assert_eq!(time_zone(name).unwrap_err().reason, "TIME_ZONE_UNKNOWN", "{name}");
        }
    }
}
