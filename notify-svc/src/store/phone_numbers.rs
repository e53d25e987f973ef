//! Table `phone_numbers`.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

/// The number of a user as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// As in E.164.
    pub number: String,
    /// When it was confirmed, if it was.
    pub verified_at: Option<OffsetDateTime>,
    /// A keyed hash of the code that confirms it.
    pub code_hash: Option<Vec<u8>>,
    /// How often the code was guessed wrong.
    pub attempts: i16,
    /// Until when the code is good.
    pub expires_at: Option<OffsetDateTime>,
}

const COLUMNS: &str = "number, verified_at, code_hash, attempts, expires_at";

/// The number of a user.
pub async fn find(db: impl PgExecutor<'_>, user_id: i64) -> Result<Option<Row>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM phone_numbers WHERE user_id = $1"));
    sqlx::query_as(query).bind(user_id).fetch_optional(db).await
}

/// The same, and no one else changes it before the transaction ends.
pub async fn lock(db: impl PgExecutor<'_>, user_id: i64) -> Result<Option<Row>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM phone_numbers WHERE user_id = $1 FOR UPDATE"));
    sqlx::query_as(query).bind(user_id).fetch_optional(db).await
}

/// Keeps a number that is to be confirmed, in place of the one before.
pub async fn put(
    db: impl PgExecutor<'_>,
    user_id: i64,
    number: &str,
    code_hash: &[u8],
    expires_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO phone_numbers (user_id, number, code_hash, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id) DO UPDATE SET number = excluded.number, verified_at = NULL, \
             code_hash = excluded.code_hash, attempts = 0, expires_at = excluded.expires_at",
    )
    .bind(user_id)
    .bind(number)
    .bind(code_hash)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The code was guessed wrong.
pub async fn count_attempt(db: impl PgExecutor<'_>, user_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE phone_numbers SET attempts = attempts + 1 WHERE user_id = $1")
        .bind(user_id)
        .execute(db)
        .await?;
    Ok(())
}

/// It is confirmed; the code is forgotten.
pub async fn verify(db: impl PgExecutor<'_>, user_id: i64, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE phone_numbers SET verified_at = $2, code_hash = NULL, attempts = 0, expires_at = NULL WHERE user_id = $1",
    )
    .bind(user_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the number of a user.
pub async fn delete(db: impl PgExecutor<'_>, user_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM phone_numbers WHERE user_id = $1").bind(user_id).execute(db).await?;
    Ok(())
}

/// Those of `users` who want text messages of a kind and have a confirmed number, with that number.
pub async fn wanting(pool: &PgPool, users: &[i64], kind: &str) -> Result<Vec<(i64, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT p.user_id, p.number FROM phone_numbers p \
         JOIN choices c ON c.owner = 'user:' || p.user_id AND c.kind = $2 AND c.texted \
         WHERE p.user_id = ANY($1) AND p.verified_at IS NOT NULL ORDER BY p.user_id",
    )
    .bind(users)
    .bind(kind)
    .fetch_all(pool)
    .await
}

/// Forgets numbers whose code expired before `before` without having been entered.
pub async fn purge(pool: &PgPool, before: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM phone_numbers WHERE verified_at IS NULL AND expires_at < $1")
        .bind(before)
        .execute(pool)
        .await?;
    Ok(())
}
