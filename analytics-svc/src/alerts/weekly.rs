//! Reports each workspace's week, once.
//!
//! A week is from Monday to Sunday in UTC. Its reports are written from an hour after its end on, for every workspace that was
//! clicked in it or in the week before; a service that was not there at that time makes up for it during the following week.

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{WeeklyReport, weekly_report::LinkClicks};
use curtail_proto::timestamp;
use rand::Rng;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use super::{STREAM, envelope};
use crate::query::range::Range;
use crate::query::rollups;
use crate::query::scope::Scope;
use crate::query::tally::unix_ms;

/// How long clicks may be on their way.
const GRACE: Duration = Duration::HOUR;

/// Workspaces that are looked up at once.
const AT_ONCE: i64 = 500;

/// The most links of a report.
const TOP: i64 = 10;

/// The Monday of the last week whose reports are due.
pub fn last_week(now: OffsetDateTime) -> Date {
    let day = (now.to_offset(time::UtcOffset::UTC) - GRACE).date();
    day - Duration::days(i64::from(day.weekday().number_days_from_monday()) + 7)
}

/// Writes the reports that are due and were not written yet; returns how many. A workspace whose numbers cannot be read is
/// logged and left out, so that the others get theirs.
pub async fn report(pool: &PgPool, now: OffsetDateTime, rng: &mut impl Rng) -> Result<u64, sqlx::Error> {
    let week = last_week(now);
    let (mut written, mut last) = (0, i64::MIN);
    loop {
        let workspaces = due(pool, week, last).await?;
        let Some(&end) = workspaces.last() else { return Ok(written) };
        last = end;
        for workspace in workspaces {
            match report_one(pool, workspace, week, now, rng).await {
                Ok(new) => written += u64::from(new),
                Err(ReportError::Store(error)) => return Err(error),
                Err(error) => tracing::error!(workspace, error = %error, "no weekly report"),
            }
        }
    }
}

async fn due(pool: &PgPool, week: Date, after: i64) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT d.workspace_id FROM clicks_by_day d \
         WHERE d.link_id = 0 AND d.at >= $1 AND d.at < $2 AND d.workspace_id > $3 AND NOT EXISTS ( \
             SELECT FROM weekly_reports r WHERE r.workspace_id = d.workspace_id AND r.week_start = $4) \
         ORDER BY 1 LIMIT $5",
    )
    .bind(midnight(week - Duration::WEEK))
    .bind(midnight(week + Duration::WEEK))
    .bind(after)
    .bind(week)
    .bind(AT_ONCE)
    .fetch_all(pool)
    .await
}

#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    #[error(transparent)]
    Numbers(#[from] curtail_rpc::Error),
}

/// False when another process wrote it meanwhile.
async fn report_one(
    pool: &PgPool,
    workspace: i64,
    week: Date,
    now: OffsetDateTime,
    rng: &mut impl Rng,
) -> Result<bool, ReportError> {
    let mut tx = pool.begin().await?;
    let first =
        sqlx::query("INSERT INTO weekly_reports (workspace_id, week_start) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(workspace)
            .bind(week)
            .execute(&mut *tx)
            .await?;
    if first.rows_affected() == 0 {
        return Ok(false);
    }
    let report = numbers(&mut tx, workspace, week).await?;
    let event = envelope(workspace, now, rng, Payload::WeeklyReport(report));
    curtail_db::outbox::append(&mut tx, STREAM, &event).await?;
    tx.commit().await?;
    Ok(true)
}

async fn numbers(connection: &mut PgConnection, workspace_id: i64, week: Date) -> Result<WeeklyReport, ReportError> {
    let scope = Scope { workspace_id, links: None };
    let range =
        |from: Date| Range { from_ms: unix_ms(midnight(from)), until_ms: unix_ms(midnight(from + Duration::WEEK)) };
    let totals = rollups::answer(connection, &scope, range(week), &[]).await?.totals;
    let previous = rollups::answer(connection, &scope, range(week - Duration::WEEK), &[]).await?.totals;
    let top: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT link_id, sum(clicks)::bigint AS clicks FROM clicks_by_day \
         WHERE workspace_id = $1 AND link_id <> 0 AND at >= $2 AND at < $3 \
         GROUP BY link_id ORDER BY clicks DESC, link_id LIMIT $4",
    )
    .bind(workspace_id)
    .bind(midnight(week))
    .bind(midnight(week + Duration::WEEK))
    .bind(TOP)
    .fetch_all(connection)
    .await?;
    Ok(WeeklyReport {
        week_start: Some(timestamp(midnight(week))),
        clicks: totals.clicks,
        humans: totals.humans,
        uniques: totals.uniques,
        previous_clicks: previous.clicks,
        top_links: top.into_iter().map(|(link_id, clicks)| LinkClicks { link_id, clicks }).collect(),
    })
}

fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_week_is_reported_from_an_hour_after_its_end() {
        // 2026-11-16 is a Monday.
        for (now, week) in [
            (datetime!(2026-11-22 23:59 UTC), date!(2026 - 11 - 09)),
            (datetime!(2026-11-23 00:59 UTC), date!(2026 - 11 - 09)),
            (datetime!(2026-11-23 01:00 UTC), date!(2026 - 11 - 16)),
            (datetime!(2026-11-29 12:00 UTC), date!(2026 - 11 - 16)),
            (datetime!(2026-11-23 02:00 +3), date!(2026 - 11 - 09)),
        ] {
            assert_eq!(last_week(now), week, "{now}");
        }
    }
}
