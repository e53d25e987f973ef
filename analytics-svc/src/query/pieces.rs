//! Covers intervals of time with as few rollup rows as possible.

use super::range::Range;
use crate::level::Level;

/// Intervals to read from each rollup, in milliseconds since 1970.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// From `clicks_by_minute`.
    pub minutes: Vec<(i64, i64)>,
    /// From `clicks_by_hour`.
    pub hours: Vec<(i64, i64)>,
    /// From `clicks_by_day`.
    pub days: Vec<(i64, i64)>,
}

impl Pieces {
    /// Covers the range such that no row reaches over one of the `cuts` (the starts of buckets), which are in order.
    pub fn cover(range: Range, cuts: &[i64]) -> Self {
        let mut pieces = Self::default();
        let mut from = range.from_ms;
        for &cut in cuts.iter().filter(|cut| range.from_ms < **cut && **cut < range.until_ms) {
            pieces.add(Level::Day, from, cut);
            from = cut;
        }
        pieces.add(Level::Day, from, range.until_ms);
        pieces
    }

    /// What of the interval is whole at the level comes from it, the ends from the next finer level.
    fn add(&mut self, level: Level, from: i64, until: i64) {
        let (intervals, finer) = match level {
            Level::Minute => (&mut self.minutes, None),
            Level::Hour => (&mut self.hours, Some(Level::Minute)),
            Level::Day | Level::Ever => (&mut self.days, Some(Level::Hour)),
        };
        let Some(finer) = finer else { return push(intervals, from, until) };
        let whole_until = level.start_of(until);
        let whole_from = match level.start_of(from) {
            start if start == from => from,
            start => start + level.width_ms().unwrap_or_default(),
        };
        if whole_from >= whole_until {
            return self.add(finer, from, until);
        }
        push(intervals, whole_from, whole_until);
        self.add(finer, from, whole_from);
        self.add(finer, whole_until, until);
    }
}

/// Adds an interval, joined with the last one when they touch.
fn push(intervals: &mut Vec<(i64, i64)>, from: i64, until: i64) {
    if from >= until {
        return;
    }
    match intervals.last_mut() {
        Some(last) if last.1 == from => last.1 = until,
        _ => intervals.push((from, until)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn the_middle_is_days_the_ends_are_finer() {
        let range = Range { from_ms: 23 * HOUR - MINUTE, until_ms: 3 * DAY + HOUR + 2 * MINUTE };
        let pieces = Pieces::cover(range, &[]);
        assert_eq!(pieces.days, [(DAY, 3 * DAY)]);
        assert_eq!(pieces.hours, [(23 * HOUR, DAY), (3 * DAY, 3 * DAY + HOUR)]);
        assert_eq!(pieces.minutes, [(23 * HOUR - MINUTE, 23 * HOUR), (3 * DAY + HOUR, 3 * DAY + HOUR + 2 * MINUTE)]);
    }

    #[test]
    fn buckets_are_not_crossed() {
        let half = HOUR / 2;
        let range = Range { from_ms: 0, until_ms: 2 * DAY };
        let pieces = Pieces::cover(range, &[0, DAY + half]);
        assert_eq!(pieces.days, [(0, DAY)]);
        assert_eq!(pieces.hours, [(DAY + HOUR, 2 * DAY)]);
        assert_eq!(pieces.minutes, [(DAY, DAY + HOUR)]);
    }

    #[test]
    fn every_millisecond_is_covered_once() {
        let range = Range { from_ms: 17 * MINUTE, until_ms: 5 * DAY + 23 * MINUTE };
        let cuts: Vec<i64> = (0..6).map(|day| day * DAY + 18 * HOUR + 30 * MINUTE).collect();
        let pieces = Pieces::cover(range, &cuts);
        let mut all = [pieces.minutes, pieces.hours, pieces.days].concat();
        all.sort_unstable();
        assert_eq!(all.first().map(|p| p.0), Some(range.from_ms));
        assert_eq!(all.last().map(|p| p.1), Some(range.until_ms));
        assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0));
    }
}
