//! Removing what the log need not keep, a batch at a time. The tries go with their delivery.

use sqlx::PgPool;
use time::OffsetDateTime;

/// Finished deliveries from before an instant. How many there were.
pub async fn old(pool: &PgPool, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries \
             WHERE state <> 1 AND created_at < $1 ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED)",
    )
    .bind(before)
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}

/// Some of the deliveries to these webhooks. How many there were.
pub async fn of_webhooks(pool: &PgPool, webhooks: &[i64]) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query(
        "DELETE FROM webhook_deliveries WHERE id IN \
             (SELECT id FROM webhook_deliveries WHERE webhook_id = ANY($1) LIMIT 1000)",
    )
    .bind(webhooks)
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}

/// Deliveries of webhooks that are no more. How many there were.
pub async fn orphans(pool: &PgPool) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT d.id FROM webhook_deliveries d \
             WHERE NOT EXISTS (SELECT FROM webhooks w WHERE w.id = d.webhook_id) LIMIT 1000 FOR UPDATE SKIP LOCKED)",
    )
    .execute(pool)
    .await?;
    Ok(gone.rows_affected())
}
