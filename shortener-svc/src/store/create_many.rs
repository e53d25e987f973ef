//! Many new links in one statement.

use serde::Serialize;
use sqlx::PgExecutor;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::destination;
use crate::link::Link;

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
