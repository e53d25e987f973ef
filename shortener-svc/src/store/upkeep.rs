//! What is thrown away.

use sqlx::PgPool;
use time::{Date, OffsetDateTime};

/// Rows that one statement deletes: short enough not to hold anybody up.
const CHUNK: i64 = 5_000;

/// Forgets answers that are older than `oldest`. Tells how many.
pub async fn forget_answers(pool: &PgPool, oldest: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let delete = "delete from idempotency where (workspace_id, key) in \
         (select workspace_id, key from idempotency where created_at <= $1 limit $2 for update skip locked)";
    in_chunks(pool, delete, oldest).await
}

/// Forgets event ids of clicks that are older than `oldest`. Tells how many.
pub async fn forget_clicks(pool: &PgPool, oldest: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let delete = "delete from consumed_clicks where (link_id, event_id) in \
         (select link_id, event_id from consumed_clicks where consumed_at <= $1 limit $2 for update skip locked)";
    in_chunks(pool, delete, oldest).await
}

/// Forgets counts of months before `first`. Tells how many rows.
pub async fn forget_usage(pool: &PgPool, first: Date) -> Result<u64, sqlx::Error> {
    let done = sqlx::query("delete from usage where month < $1").bind(first).execute(pool).await?;
    Ok(done.rows_affected())
}

/// Runs `delete` ($1: the age, $2: the number of rows) until it finds less than a chunk.
async fn in_chunks(pool: &PgPool, delete: &'static str, oldest: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let mut total = 0;
    loop {
        let deleted = sqlx::query(delete).bind(oldest).bind(CHUNK).execute(pool).await?.rows_affected();
        total += deleted;
        if deleted < CHUNK.cast_unsigned() {
            return Ok(total);
        }
    }
}
