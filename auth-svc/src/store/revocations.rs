//! Table `revocations`.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// What was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// A session ended.
    Session(i64),
    /// An API key was revoked.
    ApiKey(i64),
    /// Everything of this user that was issued before.
    User(i64),
}

/// Something revoked and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// What.
    pub subject: Revoked,
    /// When.
    pub at: OffsetDateTime,
}

/// Inserts a revocation.
pub async fn insert(conn: &mut PgConnection, revocation: &Revocation) -> Result<(), sqlx::Error> {
    let (session, api_key, user) = match revocation.subject {
        Revoked::Session(id) => (Some(id), None, None),
        Revoked::ApiKey(id) => (None, Some(id), None),
        Revoked::User(id) => (None, None, Some(id)),
    };
    sqlx::query("INSERT INTO revocations (at, session_id, api_key_id, user_id) VALUES ($1, $2, $3, $4)")
        .bind(revocation.at)
        .bind(session)
        .bind(api_key)
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// Everything revoked at `since` or later, oldest first.
pub async fn since(pool: &PgPool, since: OffsetDateTime) -> Result<Vec<Revocation>, sqlx::Error> {
    type Row = (OffsetDateTime, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT at, session_id, api_key_id, user_id FROM revocations WHERE at >= $1 ORDER BY at, id")
            .bind(since)
            .fetch_all(pool)
            .await?;
    let subject = |row: &Row| row.1.map(Revoked::Session).or(row.2.map(Revoked::ApiKey)).or(row.3.map(Revoked::User));
    // A check of the table says that one of the three is there.
    Ok(rows.iter().filter_map(|row| Some(Revocation { subject: subject(row)?, at: row.0 })).collect())
}

/// Deletes what is older than any token can be; how many.
pub async fn delete_before(pool: &PgPool, end: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM revocations WHERE at < $1").bind(end).execute(pool).await?;
    Ok(deleted.rows_affected())
}
