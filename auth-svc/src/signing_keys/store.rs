//! Table `signing_keys`.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

/// A key with its sealed seed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct SigningKeyRow {
    pub(crate) kid: String,
    pub(crate) public: String,
    /// PASETO v4.local around the seed.
    pub(crate) sealed: String,
    pub(crate) created_at: OffsetDateTime,
    /// From when on it may sign.
    pub(crate) signing_from: OffsetDateTime,
    /// Until when its tokens are good; `None` while no newer key has taken over.
    pub(crate) verify_until: Option<OffsetDateTime>,
}

/// Locks the set of keys against other writers until the end of the transaction. Readers are not blocked.
pub(crate) async fn lock(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
    Ok(())
}

/// All keys, newest first.
pub(crate) async fn all(db: impl PgExecutor<'_>) -> Result<Vec<SigningKeyRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM signing_keys ORDER BY signing_from DESC, kid").fetch_all(db).await
}

pub(crate) async fn insert(conn: &mut PgConnection, key: &SigningKeyRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO signing_keys (kid, public, sealed, created_at, signing_from, verify_until)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&key.kid)
    .bind(&key.public)
    .bind(&key.sealed)
    .bind(key.created_at)
    .bind(key.signing_from)
    .bind(key.verify_until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets all keys that had no end verify until `end`.
pub(crate) async fn phase_out(conn: &mut PgConnection, end: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE signing_keys SET verify_until = $1 WHERE verify_until IS NULL").bind(end).execute(conn).await?;
    Ok(())
}

/// Deletes a key; `false` if there was no such key.
pub(crate) async fn delete(conn: &mut PgConnection, kid: &str) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM signing_keys WHERE kid = $1").bind(kid).execute(conn).await?;
    Ok(deleted.rows_affected() == 1)
}

/// Deletes keys whose tokens have all expired; how many.
pub(crate) async fn delete_retired(pool: &PgPool, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM signing_keys WHERE verify_until <= $1").bind(now).execute(pool).await?;
    Ok(deleted.rows_affected())
}
