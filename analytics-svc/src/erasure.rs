//! Forgets the workspaces of erased accounts.
//!
//! A click may have been on its way when its workspace went, for as long as a redirector was cut off. So a workspace is
//! remembered by its number for thirty days, and what came late is deleted by the hourly upkeep.

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{Consumer, Outcome};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

/// How long late clicks are looked for.
const LATE: Duration = Duration::days(30);

/// All that is kept of a workspace.
const DELETE: [&str; 11] = [
    "DELETE FROM clicks WHERE workspace_id = ANY($1)",
    "DELETE FROM clicks_by_minute WHERE workspace_id = ANY($1)",
    "DELETE FROM clicks_by_hour WHERE workspace_id = ANY($1)",
    "DELETE FROM clicks_by_day WHERE workspace_id = ANY($1)",
    "DELETE FROM clicks_by_ever WHERE workspace_id = ANY($1)",
    "DELETE FROM dimension_days WHERE workspace_id = ANY($1)",
    "DELETE FROM dimension_hours WHERE workspace_id = ANY($1)",
    "DELETE FROM stale_days WHERE workspace_id = ANY($1)",
    "DELETE FROM links WHERE workspace_id = ANY($1)",
    "DELETE FROM spikes WHERE workspace_id = ANY($1)",
    "DELETE FROM weekly_reports WHERE workspace_id = ANY($1)",
];

/// Follows the stream `accounts` until draining begins.
pub async fn run(consumer: Consumer, pool: PgPool, clock: Clock, shutdown: Shutdown) -> anyhow::Result<()> {
    let handle = |delivery: curtail_streams::Delivery| {
        let (pool, now) = (pool.clone(), clock.now());
        async move {
            let Some(Payload::AccountErased(erased)) = delivery.envelope.payload else { return Outcome::Done };
            match erase(&pool, &erased.workspace_ids, now).await {
                Ok(()) => Outcome::Done,
                Err(error) if curtail_db::is_unavailable(&error) => Outcome::Retry(error.to_string()),
                Err(error) => Outcome::Failed(error.to_string()),
            }
        }
    };
    consumer.run(handle, shutdown).await
}

/// Deletes everything of the workspaces, and remembers them.
pub async fn erase(pool: &PgPool, workspaces: &[i64], now: OffsetDateTime) -> Result<(), sqlx::Error> {
    if workspaces.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO erased_workspaces (workspace_id, erased_at) SELECT id, $2 FROM unnest($1::bigint[]) id \
         ON CONFLICT DO NOTHING",
    )
    .bind(workspaces)
    .bind(now)
    .execute(pool)
    .await?;
    delete(pool, workspaces).await
}

/// Deletes what came late, and forgets workspaces of which nothing comes any more.
pub async fn again(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let workspaces: Vec<i64> = sqlx::query_scalar("SELECT workspace_id FROM erased_workspaces").fetch_all(pool).await?;
    if workspaces.is_empty() {
        return Ok(());
    }
    delete(pool, &workspaces).await?;
    sqlx::query("DELETE FROM erased_workspaces WHERE erased_at < $1").bind(now - LATE).execute(pool).await?;
    Ok(())
}

async fn delete(pool: &PgPool, workspaces: &[i64]) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    // Years of clicks may take longer than a question is given.
    sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
    for delete in DELETE {
        sqlx::query(delete).bind(workspaces).execute(&mut *tx).await?;
    }
    tx.commit().await
}
