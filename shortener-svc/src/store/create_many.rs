//! Many new links in one statement.

use std::collections::HashSet;

use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use time::{Date, OffsetDateTime};

use crate::destination;
use crate::link::{Link, event};

/// A row as JSON. Only this way can one parameter carry many arrays of tags of different lengths.
#[derive(Serialize)]
struct Row<'a> {
    id: i64,
    workspace_id: i64,
    creator_id: i64,
    domain: &'a str,
    code: &'a str,
    url: &'a str,
    url_hash: i64,
    title: &'a str,
    description: &'a str,
    notes: &'a str,
    external_id: &'a str,
    tags: &'a [String],
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    starts_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    max_clicks: i32,
    redirect_status: i16,
    forward_query: bool,
    fallback_url: &'a str,
}

impl<'a> From<&'a Link> for Row<'a> {
    fn from(link: &'a Link) -> Self {
        Self {
            id: link.id,
            workspace_id: link.workspace_id,
            creator_id: link.creator_id,
            domain: &link.domain,
            code: &link.code,
            url: &link.url,
            url_hash: destination::hash(&link.url),
            title: &link.title,
            description: &link.description,
            notes: &link.notes,
            external_id: &link.external_id,
            tags: &link.tags,
            updated_at: link.updated_at,
            starts_at: link.starts_at,
            expires_at: link.expires_at,
            max_clicks: link.max_clicks,
            redirect_status: link.redirect_status,
            forward_query: link.forward_query,
            fallback_url: &link.fallback_url,
        }
    }
}

/// Stores new links whose codes are registered already.
pub async fn insert(conn: impl PgExecutor<'_>, links: &[&Link]) -> Result<(), sqlx::Error> {
    let rows: Vec<Row<'_>> = links.iter().map(|link| Row::from(*link)).collect();
    sqlx::query(
        "insert into links (id, workspace_id, creator_id, domain, code, url, url_hash, title, description, notes, \
           external_id, tags, version, updated_at, starts_at, expires_at, max_clicks, used_clicks, redirect_status, \
           forward_query, fallback_url, disabled) \
         select r.id, r.workspace_id, r.creator_id, r.domain, r.code, r.url, r.url_hash, r.title, r.description, \
           r.notes, r.external_id, r.tags, 1, r.updated_at, r.starts_at, r.expires_at, r.max_clicks, 0, \
           r.redirect_status, r.forward_query, r.fallback_url, false \
         from jsonb_populate_recordset(null::links, $1) r",
    )
    .bind(Json(rows))
    .execute(conn)
    .await?;
    Ok(())
}

/// A link of a group, with what is written beside it.
#[derive(Debug)]
pub struct Grouped {
    /// The link. It has no tags.
    pub link: Link,
    /// Its event: id and encoded envelope.
    pub event: (Vec<u8>, Vec<u8>),
    /// The month that it counts in.
    pub month: Date,
    /// Links that the plan of its workspace allows in a month.
    pub quota: i64,
}

/// Does for many links of any workspaces what [`super::create::insert`] does for one, and leaves out, with everything that
/// belongs to it, a link whose code is taken and all links of a workspace that has no room for all of them. Returns the
/// ids of the others.
///
/// Rows are written in one order everywhere, so that two groups never wait for each other in a circle.
pub async fn insert_group(
    conn: impl PgExecutor<'_>,
    group: &[Grouped],
    slot: i16,
) -> Result<HashSet<i64>, sqlx::Error> {
    let rows: Vec<Row<'_>> = group.iter().map(|new| Row::from(&new.link)).collect();
    let created: Vec<i64> = sqlx::query_scalar(
        "with new as materialized ( \
           select r.*, e.event_id, e.payload, e.month, e.quota from jsonb_populate_recordset(null::links, $1) r \
           join unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::date[], $6::bigint[]) \
             as e (id, event_id, payload, month, quota) using (id) \
         ), wanted as ( \
           select workspace_id, month, count(*) as links, min(quota) as quota from new group by workspace_id, month \
         ), room as ( \
           select workspace_id, month from wanted w where w.links + (select coalesce(sum(u.links), 0) from usage u \
             where u.workspace_id = w.workspace_id and u.month = w.month) <= w.quota \
         ), code as ( \
           insert into codes (domain, code, link_id) \
           select domain, code, id from new join room using (workspace_id, month) order by domain, code \
           on conflict do nothing returning link_id \
         ), done as ( \
           select new.* from new join code on code.link_id = new.id \
         ), counted as ( \
           insert into usage (workspace_id, month, slot, links) \
           select workspace_id, month, $7, count(*) from done group by workspace_id, month order by workspace_id, month \
           on conflict (workspace_id, month, slot) do update set links = usage.links + excluded.links \
         ), queued as ( \
           insert into outbox (event_id, stream, payload) select event_id, $8, payload from done order by id \
         ) \
         insert into links (id, workspace_id, creator_id, domain, code, url, url_hash, title, description, notes, \
           external_id, tags, version, updated_at, starts_at, expires_at, max_clicks, used_clicks, redirect_status, \
           forward_query, fallback_url, disabled) \
         select id, workspace_id, creator_id, domain, code, url, url_hash, title, description, notes, external_id, tags, \
           1, updated_at, starts_at, expires_at, max_clicks, 0, redirect_status, forward_query, fallback_url, false \
         from done returning id",
    )
    .bind(Json(rows))
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
