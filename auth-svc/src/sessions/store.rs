//! Table `sessions`.

use sqlx::{PgConnection, PgExecutor, PgPool, Row as _};
use time::OffsetDateTime;

use crate::domain::Session;
use crate::error::known;
use crate::users::AccountStatus;

/// A session with the state of its account.
#[derive(Clone, Debug)]
pub(crate) struct SessionWithOwner {
    pub(crate) session: Session,
    /// Whether the account may be used.
    pub(crate) status: AccountStatus,
    /// Whether the account runs the platform.
    pub(crate) platform_admin: bool,
}

pub(crate) async fn insert(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sessions (id, user_id, salt, generation, generation_used, user_agent, ip_prefix, created_at,
                               last_seen_at, idle_until, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(session.id)
    .bind(session.user_id)
    .bind(&session.salt)
    .bind(session.generation)
    .bind(session.generation_used)
    .bind(&session.user_agent)
    .bind(&session.ip_prefix)
    .bind(session.created_at)
    .bind(session.last_seen_at)
    .bind(session.idle_until)
    .bind(session.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A session with its account's state.
pub(crate) async fn with_owner(db: impl PgExecutor<'_>, id: i64) -> Result<Option<SessionWithOwner>, sqlx::Error> {
    read_with_owner(
        sqlx::query(
            "SELECT s.*, u.status, u.platform_admin FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
        )
        .bind(id)
        .fetch_optional(db)
        .await?,
    )
}

/// Like [`with_owner`], with the session locked until the end of the transaction.
pub(crate) async fn with_owner_locked(
    conn: &mut PgConnection,
    id: i64,
) -> Result<Option<SessionWithOwner>, sqlx::Error> {
    read_with_owner(
        sqlx::query(
            "SELECT s.*, u.status, u.platform_admin FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1
             FOR UPDATE OF s",
        )
        .bind(id)
        .fetch_optional(conn)
        .await?,
    )
}

fn read_with_owner(row: Option<sqlx::postgres::PgRow>) -> Result<Option<SessionWithOwner>, sqlx::Error> {
    use sqlx::FromRow as _;
    row.map(|row| {
        Ok(SessionWithOwner {
            session: Session::from_row(&row)?,
            status: known(AccountStatus::from_number(row.try_get("status")?), "account status")?,
            platform_admin: row.try_get("platform_admin")?,
        })
    })
    .transpose()
}

/// Makes the next refresh token due.
pub(crate) async fn advance(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET generation = $2, generation_used = false, idle_until = $3, last_seen_at = $4, user_agent = $5,
                ip_prefix = $6
         WHERE id = $1",
    )
    .bind(session.id)
    .bind(session.generation)
    .bind(session.idle_until)
    .bind(session.last_seen_at)
    .bind(&session.user_agent)
    .bind(&session.ip_prefix)
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that the pair of this generation was used.
pub(crate) async fn mark_used(pool: &PgPool, id: i64, generation: i32) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET generation_used = true WHERE id = $1 AND generation = $2 AND NOT generation_used")
        .bind(id)
        .bind(generation)
        .execute(pool)
        .await?;
    Ok(())
}

/// Ends a live session of the user; `false` if there was no such session.
pub(crate) async fn end(
    conn: &mut PgConnection,
    id: i64,
    user_id: i64,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query("UPDATE sessions SET ended_at = $3 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL")
        .bind(id)
        .bind(user_id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends all live sessions of the user but `keep`; their ids.
pub(crate) async fn end_all(
    conn: &mut PgConnection,
    user_id: i64,
    keep: Option<i64>,
    now: OffsetDateTime,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE sessions SET ended_at = $3
         WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2 RETURNING id",
    )
    .bind(user_id)
    .bind(keep)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// The oldest live sessions of the user beyond the `most` newest, ended; their ids.
pub(crate) async fn end_oldest(
    conn: &mut PgConnection,
    user_id: i64,
    most: i64,
    now: OffsetDateTime,
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE sessions SET ended_at = $3 WHERE id IN (
             SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY id DESC OFFSET $2
         ) RETURNING id",
    )
    .bind(user_id)
    .bind(most)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// The user's live sessions, newest first.
pub(crate) async fn live(pool: &PgPool, user_id: i64, now: OffsetDateTime) -> Result<Vec<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM sessions
         WHERE user_id = $1 AND ended_at IS NULL AND idle_until > $2 AND expires_at > $2 ORDER BY id DESC",
    )
    .bind(user_id)
    .bind(now)
    .fetch_all(pool)
    .await
}

/// Writes when sessions were last seen; an older time never replaces a newer one.
pub(crate) async fn touch(pool: &PgPool, ids: &[i64], times: &[OffsetDateTime]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions s SET last_seen_at = GREATEST(s.last_seen_at, t.at)
         FROM UNNEST($1::bigint[], $2::timestamptz[]) AS t (id, at) WHERE s.id = t.id",
    )
    .bind(ids)
    .bind(times)
    .execute(pool)
    .await?;
    Ok(())
}

/// Deletes sessions that were over by `end`, some thousands at a time so that each call is short; how many. Their refresh tokens
/// are then unknown instead of spent, which answers the same.
pub(crate) async fn delete_over(pool: &PgPool, end: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "DELETE FROM sessions WHERE id IN (
             SELECT id FROM sessions WHERE LEAST(ended_at, idle_until, expires_at) <= $1 LIMIT 5000 FOR UPDATE SKIP LOCKED
         )",
    )
    .bind(end)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}
