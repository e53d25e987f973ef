//! Clicks of links with a limit.

use sqlx::PgExecutor;
use time::OffsetDateTime;

/// What one question for a click came to.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Taken {
    /// The event id was not known before.
    pub fresh: bool,
    /// Clicks used after this one; none: no click was to be had.
    pub used: Option<i32>,
    /// The link's limit, with `used`.
    pub most: Option<i32>,
}

/// Notes the event id and takes a click in one statement, if the link redirects at `now` and has one left. PostgreSQL
/// evaluates the condition again on the row as it is once the lock is there, which is what makes N exact under a race. A
/// fresh event that gets no click must be rolled back by the caller.
pub async fn take(
    conn: impl PgExecutor<'_>,
    link: i64,
    event_id: &[u8],
    now: OffsetDateTime,
) -> Result<Taken, sqlx::Error> {
    sqlx::query_as(
        "with fresh as ( \
           insert into consumed_clicks (link_id, event_id, consumed_at) values ($1, $2, $3) \
           on conflict do nothing returning link_id \
         ), used as ( \
           update links l set used_clicks = l.used_clicks + 1 from fresh \
           where l.id = $1 and l.id = fresh.link_id and l.used_clicks < l.max_clicks and not l.disabled \
             and l.deleted_at is null and l.block_reason is null \
             and (l.starts_at is null or l.starts_at <= $3) and (l.expires_at is null or l.expires_at > $3) \
           returning l.used_clicks, l.max_clicks \
         ) \
         select exists (select from fresh) as fresh, u.used_clicks as used, u.max_clicks as most \
         from (select) one left join used u on true",
    )
    .bind(link)
    .bind(event_id)
    .bind(now)
    .fetch_one(conn)
    .await
}
