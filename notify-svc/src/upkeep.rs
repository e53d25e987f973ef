//! Forgets what is long done, and says how much waits.

use std::time::Duration;

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use sqlx::PgPool;

use crate::phone::QUOTA_WINDOW;
use crate::store::{messages, phone_numbers, phone_quotas};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Rows of one statement.
const BATCH: i64 = 1000;

/// How long a telephone number is kept whose code was never entered.
const UNCONFIRMED: time::Duration = time::Duration::DAY;

/// Every minute until the process drains.
pub async fn run(pool: PgPool, clock: Clock, keep_days: i64, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        if let Err(error) = round(&pool, &clock, keep_days).await {
            tracing::warn!(%error, "old messages can not be forgotten");
        }
        shutdown.sleep(EVERY).await;
    }
    Ok(())
}

async fn round(pool: &PgPool, clock: &Clock, keep_days: i64) -> Result<(), sqlx::Error> {
    let now = clock.now();
    phone_numbers::purge(pool, now - UNCONFIRMED).await?;
    phone_quotas::purge(pool, now - QUOTA_WINDOW).await?;
    let before = now - time::Duration::days(keep_days);
    while messages::purge(pool, before, BATCH).await? == BATCH.unsigned_abs() {}
    let (waiting, dead) = messages::count(pool).await?;
    metrics::gauge!("notify_messages_waiting").set(waiting as f64);
    metrics::gauge!("notify_messages_dead").set(dead as f64);
    Ok(())
}
