//! For how long each level of detail is kept, and deleting what is older.
//!
//! Raw clicks go by the partition ([`crate::partitions`]), rows of the minute and hour rollups in batches, and those of
//! dimensions by hour together with the raw clicks. Rollups by day and of all time stay.

use sqlx::PgPool;

use crate::level::Level;
use crate::query::tally::instant;

const DAY_MS: i64 = 86_400_000;

/// Rows that one statement deletes.
const BATCH: i64 = 5_000;

/// Days for which each level is kept; settings of the operator.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    raw_days: u32,
    minute_days: u32,
    hour_days: u32,
}

/// Since when each level is kept, in milliseconds since 1970; all are the beginning of a day of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Raw clicks: filters, breakdowns, exports of clicks.
    pub raw_ms: i64,
    /// Counters by minute.
    pub minutes_ms: i64,
    /// Counters by hour.
    pub hours_ms: i64,
}

impl Retention {
    /// In days before today.
    pub const fn new(raw_days: u32, minute_days: u32, hour_days: u32) -> Self {
        Self { raw_days, minute_days, hour_days }
    }

    /// As configured.
    pub fn of(config: &curtail_config::Analytics) -> Self {
        Self::new(config.raw_days, config.minute_days, config.hour_days)
    }

    /// What is kept at `now_ms`.
    pub fn at(self, now_ms: i64) -> Kept {
        let before = |days: u32| Level::Day.start_of(now_ms) - i64::from(days) * DAY_MS;
        let hours_ms = before(self.hour_days);
        // Minutes without the hours around them would leave a hole.
        let minutes_ms = before(self.minute_days).max(hours_ms);
        Kept { raw_ms: before(self.raw_days), minutes_ms, hours_ms }
    }
}

/// Deletes rollup rows that are older than `kept`, up to a batch of each level; true when there may be more.
pub async fn thin(pool: &PgPool, kept: Kept) -> Result<bool, sqlx::Error> {
    let mut more = false;
    let dimensions = (DIMENSION_HOURS, kept.raw_ms);
    for (delete, before_ms) in [(MINUTES, kept.minutes_ms), (HOURS, kept.hours_ms), dimensions] {
        let deleted = sqlx::query(delete).bind(instant(before_ms)).bind(BATCH).execute(pool).await?;
        more |= deleted.rows_affected() == BATCH as u64;
    }
    Ok(more)
}

macro_rules! delete_from {
    ($table:literal, $time:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ctid = ANY(ARRAY(SELECT ctid FROM ",
            $table,
            // Another replica may be at the same rows.
            " WHERE ",
            $time,
            " < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))"
        )
    };
}

const MINUTES: &str = delete_from!("clicks_by_minute", "at");
const HOURS: &str = delete_from!("clicks_by_hour", "at");
// Whole days go, and the session's time zone is UTC.
const DIMENSION_HOURS: &str = delete_from!("dimension_hours", "day");

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn whole_days_are_kept() {
        let kept = Retention::new(400, 30, 100).at(1_000 * DAY + 5);
        assert_eq!(kept, Kept { raw_ms: 600 * DAY, minutes_ms: 970 * DAY, hours_ms: 900 * DAY });
    }

    #[test]
    fn minutes_are_not_kept_longer_than_hours() {
        assert_eq!(Retention::new(400, 200, 100).at(1_000 * DAY).minutes_ms, 900 * DAY);
    }
}
