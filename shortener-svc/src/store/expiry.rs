//! Links whose time is over, or soon will be.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::link_columns;
use crate::link::Link;

/// Links that expired by `now` and of which no one was told, the longest expired first, locked until the transaction ends.
/// Those that someone else has locked are left to them.
pub async fn untold(conn: impl PgExecutor<'_>, now: OffsetDateTime, limit: i64) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        link_columns!(),
        " from links l where l.expires_at is not null and l.deleted_at is null \
         and l.told_expiry is distinct from l.expires_at and l.expires_at <= $1 \
         order by l.expires_at limit $2 for update of l skip locked"
    ))
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Notes that the expiry of `all` is dealt with. For those of them that are `told` that is a change of the link.
pub async fn set_told(
    conn: impl PgExecutor<'_>,
    all: &[i64],
    told: &[i64],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update links set told_expiry = expires_at, version = version + (id = any($2))::int, \
         updated_at = case when id = any($2) then $3 else updated_at end where id = any($1)",
    )
    .bind(all)
    .bind(told)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Links that redirect, or will, and expire after `now` and by `until`, of which no one was warned; locked as by [`untold`].
pub async fn unwarned(
    conn: impl PgExecutor<'_>,
    now: OffsetDateTime,
    until: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        link_columns!(),
        " from links l where l.expires_at is not null and l.deleted_at is null \
         and l.warned_expiry is distinct from l.expires_at and l.expires_at > $1 and l.expires_at <= $2 \
         and not l.disabled and l.block_reason is null and (l.max_clicks = 0 or l.used_clicks < l.max_clicks) \
         order by l.expires_at limit $3 for update of l skip locked"
    ))
    .bind(now)
    .bind(until)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Notes that of the present expiry of these links was warned. No change of the links.
pub async fn set_warned(conn: impl PgExecutor<'_>, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("update links set warned_expiry = expires_at where id = any($1)").bind(ids).execute(conn).await?;
    Ok(())
}
