//! Keeps the daily partitions of raw clicks: makes those of the coming days, drops those beyond the retention.

use sqlx::{AssertSqlSafe, PgPool};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::query::tally::instant;
use crate::retention::Kept;

const NAMES: &str =
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'clicks'::regclass";

/// The oldest day that has a partition.
pub async fn oldest(pool: &PgPool) -> Result<Option<Date>, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(pool).await?;
    Ok(names.iter().filter_map(|name| day_of(name)).min())
}

/// Makes the partitions from yesterday to `days_ahead` days after today, and drops those that hold nothing but clicks
/// older than the retention.
pub async fn keep(pool: &PgPool, now: OffsetDateTime, days_ahead: u32, kept: Kept) -> Result<(), sqlx::Error> {
    let today = now.date();
    let mut connection = pool.acquire().await?;
    let ahead = today.saturating_add(time::Duration::days(days_ahead.into()));
    curtail_db::partitions::ensure_daily(&mut connection, "clicks", today.previous_day().unwrap_or(today), ahead)
        .await?;
    let names: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(&mut *connection).await?;
    // A day longer than clicks are taken, so that none arrives for a partition that is being dropped.
    let oldest = instant(kept.raw_ms).date().previous_day().unwrap_or(Date::MIN);
    for name in names.iter().filter(|name| day_of(name).is_some_and(|day| day < oldest)) {
        // The name came from the catalogue and consists of a prefix and digits.
        sqlx::query(AssertSqlSafe(format!("DROP TABLE {name}"))).execute(&mut *connection).await?;
        tracing::info!(partition = name, "dropped clicks beyond the retention");
    }
    Ok(())
}

fn day_of(partition: &str) -> Option<Date> {
    Date::parse(partition.strip_prefix("clicks_")?, format_description!("[year][month][day]")).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn the_day_of_a_partition_is_in_its_name() {
        assert_eq!(day_of("clicks_20261121"), Some(date!(2026 - 11 - 21)));
        assert_eq!(day_of("clicks_by_link"), None);
        assert_eq!(day_of("clicks_20261121; DROP"), None);
    }
}
