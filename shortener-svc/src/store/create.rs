//! One new link in one round trip.

use sqlx::PgExecutor;
use time::Date;

use super::idempotency::Remembered;
use crate::destination;
use crate::link::{Link, event};

/// All that is written for a new link, at once or not at all.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// The link.
    pub link: &'a Link,
    /// Its event: id and encoded envelope.
    pub event: (&'a [u8], &'a [u8]),
    /// The month that it counts in.
    pub month: Date,
    /// The slot of that month's count.
    pub slot: i16,
    /// Links that the plan allows in a month.
    pub quota: i64,
    /// The idempotency key and what it is to be answered with.
    pub answer: Option<(&'a str, &'a Remembered)>,
}

/// The name of the constraint that a taken code violates.
pub const CODE_CONSTRAINT: &str = "codes_pkey";

/// Registers the code, counts the link, stores it, remembers the answer and queues the event: one statement, so that it is
/// a transaction of its own and costs one round trip. Each part takes its rows from `code`, which is empty when the quota is
/// used up: then nothing happens, and the answer is false.
///
/// Violates [`CODE_CONSTRAINT`] when the code is taken and [`super::idempotency::CONSTRAINT`] when the key is.
pub async fn insert(conn: impl PgExecutor<'_>, new: NewLink<'_>) -> Result<bool, sqlx::Error> {
    let NewLink { link, event, month, slot, quota, answer } = new;
    let (key, answer) = answer.unzip();
    let done = sqlx::query(
        "with code as ( \
           insert into codes (domain, code, link_id) select $4, $5, $1 \
           where (select coalesce(sum(links), 0) from usage where workspace_id = $2 and month = $20) < $22 \
           returning link_id \
         ), counted as ( \
           insert into usage (workspace_id, month, slot, links) select $2, $20, $21, 1 from code \
           on conflict (workspace_id, month, slot) do update set links = usage.links + 1 \
         ), answered as ( \
           insert into idempotency (workspace_id, key, request_hash, response, created_at) \
           select $2, $23, $24, $25, $13 from code where $23::text is not null \
         ), queued as ( \
           insert into outbox (event_id, stream, payload) select $26, $28, $27 from code \
         ) \
         insert into links (id, workspace_id, creator_id, domain, code, url, url_hash, title, description, notes, \
           external_id, tags, version, updated_at, starts_at, expires_at, max_clicks, used_clicks, redirect_status, \
           forward_query, fallback_url, disabled) \
         select link_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16, 0, $17, $18, $19, false \
         from code",
    )
    .bind(link.id)
    .bind(link.workspace_id)
    .bind(link.creator_id)
    .bind(&link.domain)
    .bind(&link.code)
    .bind(&link.url)
    .bind(destination::hash(&link.url))
    .bind(&link.title)
    .bind(&link.description)
    .bind(&link.notes)
    .bind(&link.external_id)
    .bind(&link.tags)
    .bind(link.updated_at)
    .bind(link.starts_at)
    .bind(link.expires_at)
    .bind(link.max_clicks)
    .bind(link.redirect_status)
    .bind(link.forward_query)
    .bind(&link.fallback_url)
    .bind(month)
    .bind(slot)
    .bind(quota)
    .bind(key)
    .bind(answer.map(|answer| &answer.request_hash))
    .bind(answer.map(|answer| &answer.response))
    .bind(event.0)
    .bind(event.1)
    .bind(event::STREAM)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
