//! Cuts a range by days of UTC, as those are folded, and by the buckets of a series.

use std::ops::Range as Span;

use super::range::Range;

const HOUR_MS: i64 = 3_600_000;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// What lies in the range, in one bucket and in one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The day, counted from 1970.
    pub day: i64,
    /// When.
    pub range: Range,
}

/// From where a part of a folded day is answered such that each visitor counts once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The row of the day.
    Day,
    /// Hours of the row by hours: from midnight on, to midnight, or a single one.
    Hours(Span<u32>),
    /// The raw clicks.
    Clicks,
}

impl Part {
    /// See [`Source`].
    pub fn source(self) -> Source {
        let midnight = self.day * DAY_MS;
        let (from, until) = (self.range.from_ms - midnight, self.range.until_ms - midnight);
        if (from, until) == (0, DAY_MS) {
            return Source::Day;
        }
        let is_told = from == 0 || until == DAY_MS || until - from == HOUR_MS;
        if from % HOUR_MS != 0 || until % HOUR_MS != 0 || !is_told {
            return Source::Clicks;
        }
        Source::Hours((from / HOUR_MS) as u32..(until / HOUR_MS) as u32)
    }
}

/// The parts of a range, in order; `cuts` are the starts of buckets, in order.
pub fn split(range: Range, cuts: &[i64]) -> Vec<Part> {
    let mut cuts = cuts.iter().copied().filter(|cut| *cut > range.from_ms).peekable();
    let (mut parts, mut from_ms) = (Vec::new(), range.from_ms);
    while from_ms < range.until_ms {
        let day = from_ms.div_euclid(DAY_MS);
        let mut until_ms = ((day + 1) * DAY_MS).min(range.until_ms);
        if let Some(cut) = cuts.next_if(|cut| *cut <= until_ms) {
            until_ms = cut;
        }
        parts.push(Part { day, range: Range { from_ms, until_ms } });
        from_ms = until_ms;
    }
    parts
}

/// As few ranges as possible that cover the parts, which are in order.
pub fn join(parts: impl IntoIterator<Item = Part>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for Part { range, .. } in parts {
        match ranges.last_mut() {
            Some(last) if last.until_ms == range.from_ms => last.until_ms = range.until_ms,
            _ => ranges.push(range),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(from_hours: f64, until_hours: f64, cuts: &[i64]) -> Vec<Source> {
        let ms = |hours: f64| (hours * HOUR_MS as f64) as i64;
        let parts = split(Range { from_ms: ms(from_hours), until_ms: ms(until_hours) }, cuts);
        assert_eq!(join(parts.iter().copied()).len(), 1, "nothing is left out");
        parts.into_iter().map(Part::source).collect()
    }

    #[test]
    fn days_are_whole_and_ends_are_hours_when_they_can() {
        assert_eq!(sources(23.0, 49.0, &[]), [Source::Hours(23..24), Source::Day, Source::Hours(0..1)]);
        assert_eq!(sources(22.5, 49.5, &[]), [Source::Clicks, Source::Day, Source::Clicks]);
        assert_eq!(sources(3.0, 5.0, &[]), [Source::Clicks]);
        assert_eq!(sources(3.0, 4.0, &[]), [Source::Hours(3..4)]);
    }

    #[test]
    fn no_part_lies_in_two_buckets() {
        let berlin = [-HOUR_MS, 23 * HOUR_MS, 47 * HOUR_MS];
        let hours = |a, b| Source::Hours(a..b);
        assert_eq!(sources(0.0, 48.0, &berlin), [hours(0, 23), hours(23, 24), hours(0, 23), hours(23, 24)]);
        assert_eq!(sources(0.0, 48.0, &[0, DAY_MS, 2 * DAY_MS]), [Source::Day, Source::Day]);
    }

    #[test]
    fn neighbours_are_joined_and_gaps_stay() {
        let parts = split(Range { from_ms: 0, until_ms: 4 * DAY_MS }, &[]);
        let ranges = join(parts.into_iter().filter(|part| part.day != 2));
        assert_eq!(
            ranges,
            [Range { from_ms: 0, until_ms: 2 * DAY_MS }, Range { from_ms: 3 * DAY_MS, until_ms: 4 * DAY_MS }]
        );
    }
}
