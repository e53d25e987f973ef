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
    /// What services were told of this user's memberships before; sessions go on.
    Memberships(i64),
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
    let (mut session, mut api_key, mut user, mut memberships) = (None, None, None, None);
    match revocation.subject {
        Revoked::Session(id) => session = Some(id),
        Revoked::ApiKey(id) => api_key = Some(id),
        Revoked::User(id) => user = Some(id),
        Revoked::Memberships(id) => memberships = Some(id),
    }
    sqlx::query(
        "INSERT INTO revocations (at, session_id, api_key_id, user_id, memberships_of) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(revocation.at)
    .bind(session)
    .bind(api_key)
    .bind(user)
    .bind(memberships)
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything revoked at `since` or later, oldest first.
pub async fn since(pool: &PgPool, since: OffsetDateTime) -> Result<Vec<Revocation>, sqlx::Error> {
    type Row = (OffsetDateTime, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT at, session_id, api_key_id, user_id, memberships_of FROM revocations WHERE at >= $1 ORDER BY at, id",
    )
    .bind(since)
    .fetch_all(pool)
    .await?;
    let subject = |row: &Row| {
        let (session, api_key) = (row.1.map(Revoked::Session), row.2.map(Revoked::ApiKey));
        session.or(api_key).or(row.3.map(Revoked::User)).or(row.4.map(Revoked::Memberships))
    };
    // A check of the table says that one of them is there.
    Ok(rows.iter().filter_map(|row| Some(Revocation { subject: subject(row)?, at: row.0 })).collect())
}

/// Deletes what is older than any token can be; how many.
pub async fn delete_before(pool: &PgPool, end: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM revocations WHERE at < $1").bind(end).execute(pool).await?;
    Ok(deleted.rows_affected())
}
