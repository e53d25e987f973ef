//! What is done from time to time: partitions are made ahead, and what is older than the retention is deleted.

use std::time::Duration;

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use sqlx::PgPool;

use crate::retention::{self, Retention};
use crate::{alerts, erasure, partitions};

const EVERY: Duration = Duration::from_secs(3600);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Works at once and then every hour, until draining begins.
pub async fn run(
    pool: PgPool,
    clock: Clock,
    days_ahead: u32,
    retention: Retention,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        let pause = match round(&pool, &clock, days_ahead, retention, &shutdown).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %error, "cannot keep the tables of clicks");
                AFTER_FAILURE
            }
        };
        shutdown.sleep(pause).await;
    }
    Ok(())
}

async fn round(
    pool: &PgPool,
    clock: &Clock,
    days_ahead: u32,
    retention: Retention,
    shutdown: &Shutdown,
) -> Result<(), sqlx::Error> {
    let (now, kept) = (clock.now(), retention.at(clock.unix_ms()));
    partitions::keep(pool, now, days_ahead, kept).await?;
    erasure::again(pool, now).await?;
    alerts::forget(pool, now).await?;
    while retention::thin(pool, kept).await? && !shutdown.is_draining() {}
    Ok(())
}
