//! Many new links in one statement.

use std::collections::HashSet;

use sqlx::PgExecutor;
use time::Date;

use super::{columns, row};
use crate::link::{Link, event};

/// Stores new links whose codes are registered already.
pub async fn insert(conn: impl PgExecutor<'_>, links: &[&Link]) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "INSERT INTO links (",
        columns!(""),
        ") SELECT ",
        columns!("r."),
        " FROM jsonb_populate_recordset(NULL::links, $1) r"
    ))
    .bind(row::rows(links.iter().copied()))
    .execute(conn)
    .await?;
    Ok(())
}

/// A link of a group commit, with what is written beside it.
#[derive(Debug)]
pub struct PendingInsert {
    /// The link. It has no tags.
    pub link: Link,
    /// Its event: id and encoded envelope.
    pub event: (Vec<u8>, Vec<u8>),
    /// The month that it counts in.
    pub month: Date,
    /// Links that the plan of its workspace allows in a month.
    pub quota: i64,
}

/// Does for many links of any workspaces what [`super::create::insert`] does for one. Leaves out a link whose code is taken,
/// and all links of a workspace whose quota does not cover all of them. Returns the ids of the others.
///
/// Rows are written in one order everywhere, so that two groups never wait for each other in a circle.
pub async fn insert_group(
    conn: impl PgExecutor<'_>,
    group: &[PendingInsert],
    slot: i16,
) -> Result<HashSet<i64>, sqlx::Error> {
    let created: Vec<i64> = sqlx::query_scalar(concat!(
        "WITH new AS MATERIALIZED (
           SELECT r.*, e.event_id, e.payload, e.month, e.quota FROM jsonb_populate_recordset(NULL::links, $1) r
           JOIN unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::date[], $6::bigint[])
             AS e (id, event_id, payload, month, quota) USING (id)
         ), wanted AS (
           SELECT workspace_id, month, count(*) AS links, min(quota) AS quota FROM new GROUP BY workspace_id, month
         ), room AS (
           SELECT workspace_id, month FROM wanted w WHERE w.links + (SELECT coalesce(sum(u.links), 0) FROM usage u
             WHERE u.workspace_id = w.workspace_id AND u.month = w.month) <= w.quota
         ), code AS (
           INSERT INTO codes (domain, code, link_id)
           SELECT domain, code, id FROM new JOIN room USING (workspace_id, month) ORDER BY domain, code
           ON CONFLICT DO NOTHING RETURNING link_id
         ), done AS (
           SELECT new.* FROM new JOIN code ON code.link_id = new.id
         ), counted AS (
           INSERT INTO usage (workspace_id, month, slot, links)
           SELECT workspace_id, month, $7, count(*) FROM done GROUP BY workspace_id, month ORDER BY workspace_id, month
           ON CONFLICT (workspace_id, month, slot) DO UPDATE SET links = usage.links + excluded.links
         ), queued AS (",
        curtail_db::insert_into_outbox!(),
        "SELECT event_id, $8, payload FROM done ORDER BY id
         )
         INSERT INTO links (",
        columns!(""),
        ") SELECT ",
        columns!(""),
        " FROM done RETURNING id"
    ))
    .bind(row::rows(group.iter().map(|new| &new.link)))
    .bind(group.iter().map(|new| new.link.id).collect::<Vec<_>>())
    .bind(group.iter().map(|new| new.event.0.as_slice()).collect::<Vec<_>>())
    .bind(group.iter().map(|new| new.event.1.as_slice()).collect::<Vec<_>>())
    .bind(group.iter().map(|new| new.month).collect::<Vec<_>>())
    .bind(group.iter().map(|new| new.quota).collect::<Vec<_>>())
    .bind(slot)
    .bind(event::STREAM)
    .fetch_all(conn)
    .await?;
    Ok(created.into_iter().collect())
}
