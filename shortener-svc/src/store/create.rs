//! One new link in one round trip.

use sqlx::PgExecutor;
use time::Date;

use super::{columns, idempotency::Remembered, row};
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
    /// The idempotency key and the response that is stored under it.
    pub answer: Option<(&'a str, &'a Remembered)>,
}

/// The name of the constraint that a taken code violates.
pub const CODE_CONSTRAINT: &str = "codes_pkey";

/// Registers the code, counts the link, stores it and the response, and queues the event. One statement, so that it is a
/// transaction of its own and costs one round trip. Each part takes its rows from `code`, which is empty when the quota is
/// used up: then nothing is written, and the result is `false`.
///
/// Violates [`CODE_CONSTRAINT`] when the code is taken and [`super::idempotency::CONSTRAINT`] when the key is.
pub async fn insert(conn: impl PgExecutor<'_>, new: NewLink<'_>) -> Result<bool, sqlx::Error> {
    let NewLink { link, event, month, slot, quota, answer } = new;
    let (key, answer) = answer.unzip();
    let done = sqlx::query(concat!(
        "WITH new AS MATERIALIZED (
           SELECT * FROM jsonb_populate_recordset(NULL::links, $1)
         ), code AS (
           INSERT INTO codes (domain, code, link_id)
           SELECT domain, code, id FROM new
           WHERE (SELECT coalesce(sum(u.links), 0) FROM usage u WHERE u.workspace_id = $2 AND u.month = $3) < $4
           RETURNING link_id
         ), counted AS (
           INSERT INTO usage (workspace_id, month, slot, links) SELECT $2, $3, $5, 1 FROM code
           ON CONFLICT (workspace_id, month, slot) DO UPDATE SET links = usage.links + 1
         ), answered AS (
           INSERT INTO idempotency (workspace_id, key, request_hash, response, created_at)
           SELECT $2, $6, $7, $8, $9 FROM code WHERE $6::text IS NOT NULL
         ), queued AS (",
        curtail_db::insert_into_outbox!(),
        "SELECT $10, $11, $12 FROM code
         )
         INSERT INTO links (",
        columns!(""),
        ") SELECT ",
        columns!("new."),
        " FROM new JOIN code ON code.link_id = new.id"
    ))
    .bind(row::rows([link]))
    .bind(link.workspace_id)
    .bind(month)
    .bind(quota)
    .bind(slot)
    .bind(key)
    .bind(answer.map(|answer| &answer.request_hash))
    .bind(answer.map(|answer| &answer.response))
    .bind(link.updated_at)
    .bind(event.0)
    .bind(event::STREAM)
    .bind(event.1)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
