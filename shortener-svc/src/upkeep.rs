//! What keeps the tables in shape: partitions made ahead, rows that no one needs any more deleted. Every replica may do it.

use std::sync::Arc;
use std::time::Duration;

use curtail_db::partitions::{ensure_index, ensure_monthly_by_id, month_after};
use curtail_lifecycle::{Latch, Shutdown};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::app::App;
use crate::limits;
use crate::store::{upkeep, usage};
use crate::tags;

/// The pause between two rounds. Partitions are months ahead; a round that fails has many more to follow.
const EVERY: Duration = Duration::from_secs(3_600);
/// The pause after a round that failed.
const AGAIN: Duration = Duration::from_secs(10);
/// Indexes that migrations made on the parent alone, because the partitions may be large.
const INDEXES: [&str; 3] = ["links_untold", "links_unwarned", "links_deleted"];
/// Months whose counts are kept beside the present one.
const USAGE_MONTHS: i32 = 12;

/// Waits for the database, then makes its rounds until the process drains. The latch is up once the partition that new links
/// go to is there.
///
/// # Errors
/// When the database lacks migrations: nothing would work.
pub async fn run(app: Arc<App>, partitions_ahead: u32, latch: Latch, shutdown: Shutdown) -> anyhow::Result<()> {
    tokio::select! {
        migrated = curtail_db::wait_migrated(&app.pool, &crate::MIGRATOR) => migrated?,
        () = shutdown.draining() => return Ok(()),
    }
    loop {
        let pause = match round(&app, partitions_ahead, &latch).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %error, "the tables could not be tended");
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.draining() => return Ok(()),
        }
    }
}

async fn round(app: &App, partitions_ahead: u32, latch: &Latch) -> Result<(), sqlx::Error> {
    let (pool, now) = (&app.pool, app.clock.now());
    make_partitions(&mut *pool.acquire().await?, now, partitions_ahead).await?;
    latch.set(true);
    let merged = tags::unify::run(app).await?;
    if merged > 0 {
        tracing::info!(merged, "merged tags that differ only in case");
    }
    let answers = upkeep::forget_answers(pool, now - time::Duration::hours(limits::IDEMPOTENCY_HOURS)).await?;
    let clicks = upkeep::forget_clicks(pool, now - time::Duration::hours(limits::CONSUMED_CLICK_HOURS)).await?;
    let usage = upkeep::forget_usage(pool, month_after(usage::month(now), -USAGE_MONTHS)).await?;
    tracing::debug!(answers, clicks, usage, "tended the tables");
    Ok(())
}

/// Makes the partitions of this month and of those ahead. The month before is made too: ids carry the clock of the process
/// that minted them, which may lag behind at the turn of the month.
pub async fn make_partitions(conn: &mut PgConnection, now: OffsetDateTime, ahead: u32) -> Result<(), sqlx::Error> {
    let months = i32::try_from(ahead).unwrap_or(24);
    let (from, through) = (month_after(now.date(), -1), month_after(now.date(), months));
    let made = ensure_monthly_by_id(conn, "links", from, through, curtail_ids::first_id_at).await?;
    if made > 0 {
        tracing::info!(made, through = %through, "made partitions of links");
    }
    Ok(())
}

/// Builds the parts of indexes that partitions lack, while everybody goes on reading and writing. Takes the time it takes.
pub async fn build_indexes(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("set statement_timeout = 0").execute(&mut *conn).await?;
    for index in INDEXES {
        let built = ensure_index(conn, "links", index).await?;
        if built > 0 {
            tracing::info!(index, built, "built an index on partitions of links");
        }
    }
    Ok(())
}
