//! Table `revocations`.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::revocations::{Revocation, RevocationSubject};

pub(crate) async fn insert(conn: &mut PgConnection, revocation: &Revocation) -> Result<(), sqlx::Error> {
    let (mut session, mut api_key, mut user, mut memberships) = (None, None, None, None);
    match revocation.subject {
        RevocationSubject::Session(id) => session = Some(id),
        RevocationSubject::ApiKey(id) => api_key = Some(id),
        RevocationSubject::User(id) => user = Some(id),
        RevocationSubject::Memberships(id) => memberships = Some(id),
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
pub(crate) async fn since(pool: &PgPool, since: OffsetDateTime) -> Result<Vec<Revocation>, sqlx::Error> {
    type Row = (OffsetDateTime, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT at, session_id, api_key_id, user_id, memberships_of FROM revocations WHERE at >= $1 ORDER BY at, id",
    )
    .bind(since)
    .fetch_all(pool)
    .await?;
    let subject = |row: &Row| {
        let (session, api_key) = (row.1.map(RevocationSubject::Session), row.2.map(RevocationSubject::ApiKey));
        session.or(api_key).or(row.3.map(RevocationSubject::User)).or(row.4.map(RevocationSubject::Memberships))
    };
    // A check of the table says that one of them is there.
    Ok(rows.iter().filter_map(|row| Some(Revocation { subject: subject(row)?, at: row.0 })).collect())
}

/// Deletes revocations that are older than any token; how many.
pub(crate) async fn delete_before(pool: &PgPool, end: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM revocations WHERE at < $1").bind(end).execute(pool).await?;
    Ok(deleted.rows_affected())
}
