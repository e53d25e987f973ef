//! Keeps the daily partitions of raw clicks: makes those of the coming days, drops those beyond the retention.

use std::time::Duration;

use lifecycle::Shutdown;
use sqlx::{AssertSqlSafe, PgPool};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::clicks::RETENTION_DAYS;

const EVERY: Duration = Duration::from_secs(3600);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Works at once and then every hour, until draining begins.
pub async fn run(pool: PgPool, clock: clock::Clock, days_ahead: u32, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        let pause = match keep(&pool, clock.now(), days_ahead).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %error, "cannot keep the partitions of clicks");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}

/// Makes the partitions from yesterday to `days_ahead` days after today, and drops those that hold nothing but clicks
/// older than the retention.
pub async fn keep(pool: &PgPool, now: OffsetDateTime, days_ahead: u32) -> Result<(), sqlx::Error> {
    let today = now.date();
    let mut connection = pool.acquire().await?;
    let ahead = today.saturating_add(time::Duration::days(days_ahead.into()));
    db::partitions::ensure_daily(&mut connection, "clicks", today.previous_day().unwrap_or(today), ahead).await?;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'clicks'::regclass",
    )
    .fetch_all(&mut *connection)
    .await?;
    // A day longer than clicks are taken, so that none arrives for a partition that is being dropped.
    let oldest = today.saturating_sub(time::Duration::days(RETENTION_DAYS + 1));
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
