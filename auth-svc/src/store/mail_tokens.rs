//! Table `mail_tokens`.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

use crate::domain::MailPurpose;

/// What a token stands for.
#[derive(Debug, sqlx::FromRow)]
pub struct Held {
    /// The account.
    pub user_id: i64,
    /// The address that the mail went to.
    pub email_key: String,
}

/// A token to be stored.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Keyed hash of the token.
    pub hash: [u8; 32],
    /// What it is good for.
    pub purpose: MailPurpose,
    /// The account.
    pub user_id: i64,
    /// The address that the mail goes to.
    pub email_key: &'a str,
    /// The end of its life.
    pub expires_at: OffsetDateTime,
}

/// Inserts a token.
pub async fn insert(conn: &mut PgConnection, token: &NewToken<'_>, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mail_tokens (hash, purpose, user_id, email_key, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&token.hash[..])
    .bind(token.purpose as i16)
    .bind(token.user_id)
    .bind(token.email_key)
    .bind(now)
    .bind(token.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a live token stands for, without using it.
pub async fn find(db: impl PgExecutor<'_>, hash: [u8; 32], now: OffsetDateTime) -> Result<Option<Held>, sqlx::Error> {
    sqlx::query_as("SELECT user_id, email_key FROM mail_tokens WHERE hash = $1 AND expires_at > $2")
        .bind(&hash[..])
        .bind(now)
        .fetch_optional(db)
        .await
}

/// Uses a live token. Of two who bring it at once, one gets it.
pub async fn take(conn: &mut PgConnection, hash: [u8; 32], now: OffsetDateTime) -> Result<Option<Held>, sqlx::Error> {
    sqlx::query_as("DELETE FROM mail_tokens WHERE hash = $1 AND expires_at > $2 RETURNING user_id, email_key")
        .bind(&hash[..])
        .bind(now)
        .fetch_optional(conn)
        .await
}

/// Deletes the user's tokens of a purpose.
pub async fn delete_of_user(conn: &mut PgConnection, user_id: i64, purpose: MailPurpose) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mail_tokens WHERE user_id = $1 AND purpose = $2")
        .bind(user_id)
        .bind(purpose as i16)
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes what has expired.
pub async fn delete_expired(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mail_tokens WHERE expires_at <= $1").bind(now).execute(pool).await?;
    Ok(())
}
