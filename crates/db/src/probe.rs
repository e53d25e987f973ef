//! Whether the database is there.

use std::time::Duration;

use curtail_lifecycle::{Latch, Shutdown};
use sqlx::PgPool;

/// How often it is asked, and how long it may take to answer.
const EVERY: Duration = Duration::from_secs(1);

/// Holds `latch` as long as the database answers, until draining begins: for services that can do nothing without it.
///
/// # Errors
/// None; the type is what tasks return.
pub async fn probe(pool: PgPool, latch: Latch, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        let answered = tokio::time::timeout(EVERY, sqlx::query("SELECT 1").execute(&pool)).await;
        latch.set(matches!(answered, Ok(Ok(_))));
        shutdown.sleep(EVERY).await;
    }
    Ok(())
}
