//! Remembered answers to creates.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

/// An answer that belongs to a key.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Remembered {
    /// SHA-256 of the request.
    pub request_hash: Vec<u8>,
    /// The encoded answer.
    pub response: Vec<u8>,
}

/// The name of the constraint that a second use of a key violates.
pub const CONSTRAINT: &str = "idempotency_pkey";

/// What `key` was answered with, if that is younger than `oldest`. Forgets an older answer, so that the key is free again.
pub async fn recall(
    pool: &PgPool,
    workspace: i64,
    key: &str,
    oldest: OffsetDateTime,
) -> Result<Option<Remembered>, sqlx::Error> {
    sqlx::query_as(
        "with old as (delete from idempotency where workspace_id = $1 and key = $2 and created_at <= $3) \
         select request_hash, response from idempotency where workspace_id = $1 and key = $2 and created_at > $3",
    )
    .bind(workspace)
    .bind(key)
    .bind(oldest)
    .fetch_optional(pool)
    .await
}

/// Keeps the answer. Violates [`CONSTRAINT`] when another request with this key was faster.
pub async fn remember(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    key: &str,
    answer: &Remembered,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into idempotency (workspace_id, key, request_hash, response, created_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(workspace)
    .bind(key)
    .bind(&answer.request_hash)
    .bind(&answer.response)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
