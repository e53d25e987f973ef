//! The widths of time at which counters are kept.

/// A rollup table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A minute of UTC.
    Minute,
    /// An hour of UTC.
    Hour,
    /// A day of UTC.
    Day,
    /// All time; its only interval starts in 1970.
    Ever,
}

impl Level {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Ever];

    /// The start of the interval that `at_ms` is in, in milliseconds since 1970.
    pub fn start_of(self, at_ms: i64) -> i64 {
        match self.width_ms() {
            Some(width) => at_ms - at_ms.rem_euclid(width),
            None => 0,
        }
    }

    /// Milliseconds of an interval; `None` for [`Level::Ever`].
    pub fn width_ms(self) -> Option<i64> {
        match self {
            Self::Minute => Some(60_000),
            Self::Hour => Some(3_600_000),
            Self::Day => Some(86_400_000),
            Self::Ever => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_begins_at_its_start() {
        let at = 1_790_000_123_456;
        assert_eq!(Level::Minute.start_of(at), 1_790_000_100_000);
        assert_eq!(Level::Hour.start_of(at), 1_789_999_200_000);
        assert_eq!(Level::Day.start_of(at), 1_789_948_800_000);
        assert_eq!(Level::Ever.start_of(at), 0);
        assert_eq!(Level::Day.start_of(-1), -86_400_000);
    }
}
