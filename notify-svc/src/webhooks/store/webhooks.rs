//! Webhooks.

use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use super::{prune, webhook_columns};
use crate::webhooks::limits;
use crate::webhooks::message::Message;
use crate::webhooks::webhook::Webhook;

/// All of a workspace, oldest first.
pub async fn list(pool: &PgPool, workspace: i64) -> Result<Vec<Webhook>, sqlx::Error> {
    sqlx::query_as(concat!("SELECT ", webhook_columns!(), " FROM webhooks WHERE workspace_id = $1 ORDER BY id"))
        .bind(workspace)
        .fetch_all(pool)
        .await
}

/// One of them.
pub async fn find(pool: &PgPool, id: i64) -> Result<Option<Webhook>, sqlx::Error> {
    sqlx::query_as(concat!("SELECT ", webhook_columns!(), " FROM webhooks WHERE id = $1"))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// Stores a new one, unless the workspace has as many as it may have; then the answer is false.
pub async fn insert(pool: &PgPool, webhook: &Webhook, secret: &str) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    // Two at once would both see room for the last one.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('webhooks of ' || $1::text, 0))")
        .bind(webhook.workspace_id)
        .execute(&mut *tx)
        .await?;
    let inserted = sqlx::query(
        "INSERT INTO webhooks (id, workspace_id, creator_id, url, description, events, enabled, disabled_reason, \
             disabled_at, secret, created_at, updated_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11 \
         WHERE (SELECT count(*) FROM webhooks WHERE workspace_id = $2) < $12",
    )
    .bind(webhook.id)
    .bind(webhook.workspace_id)
    .bind(webhook.creator_id)
    .bind(&webhook.url)
    .bind(&webhook.description)
    .bind(&webhook.events)
    .bind(webhook.enabled)
    .bind(webhook.disabled_reason)
    .bind(webhook.disabled_at)
    .bind(secret)
    .bind(webhook.created_at)
    .bind(limits::PER_WORKSPACE)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes what a member changed. A webhook that is enabled again starts without a past.
pub async fn update(pool: &PgPool, webhook: &Webhook) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE webhooks SET url = $2, description = $3, events = $4, enabled = $5, disabled_reason = $6, \
             disabled_at = $7, failing_since = $8, updated_at = $9 WHERE id = $1",
    )
    .bind(webhook.id)
    .bind(&webhook.url)
    .bind(&webhook.description)
    .bind(&webhook.events)
    .bind(webhook.enabled)
    .bind(webhook.disabled_reason)
    .bind(webhook.disabled_at)
    .bind(webhook.failing_since)
    .bind(webhook.updated_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// Makes `secret` the present one; the one before signs until `overlap_until`.
pub async fn rotate(
    pool: &PgPool,
    id: i64,
    secret: &str,
    overlap_until: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<Webhook>, sqlx::Error> {
    sqlx::query_as(concat!(
        "UPDATE webhooks SET previous_secret = secret, secret = $2, previous_until = $3, updated_at = $4 WHERE id = $1 \
         RETURNING ",
        webhook_columns!()
    ))
    .bind(id)
    .bind(secret)
    .bind(overlap_until)
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Removes one. Its log goes later.
pub async fn delete(pool: &PgPool, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM webhooks WHERE id = $1").bind(id).execute(pool).await?;
    Ok(())
}

/// Removes those of workspaces that have ended, with what was and would have been sent to them.
pub async fn erase(pool: &PgPool, workspaces: &[i64]) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = sqlx::query_scalar("DELETE FROM webhooks WHERE workspace_id = ANY($1) RETURNING id")
        .bind(workspaces)
        .fetch_all(pool)
        .await?;
    while prune::of_webhooks(pool, &ids).await? > 0 {}
    Ok(())
}

/// The ids of those that want an event. One that was made after the event does not: a stream that is read again from its
/// beginning would bring it the past.
pub async fn wanting(pool: &PgPool, workspace: i64, message: &Message) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM webhooks WHERE workspace_id = $1 AND enabled AND $2 = ANY(events) AND created_at <= $3",
    )
    .bind(workspace)
    .bind(message.event.name())
    .bind(message.occurred_at)
    .fetch_all(pool)
    .await
}

/// Disables those of `ids` that are still enabled and, if a limit is given, have failed since before it. Tells which.
pub async fn disable(
    connection: &mut PgConnection,
    ids: &[i64],
    reason: i16,
    failing_since_before: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Vec<Webhook>, sqlx::Error> {
    sqlx::query_as(concat!(
        "UPDATE webhooks SET enabled = false, disabled_reason = $2, disabled_at = $4 \
         WHERE id = ANY($1) AND enabled AND ($3::timestamptz IS NULL OR failing_since <= $3) RETURNING ",
        webhook_columns!()
    ))
    .bind(ids)
    .bind(reason)
    .bind(failing_since_before)
    .bind(now)
    .fetch_all(connection)
    .await
}
