//! Changes of a link.

use sqlx::PgExecutor;

use crate::destination;
use crate::link::Link;

/// Writes every field that can change. The caller holds the row's lock and has counted the version up.
pub async fn write(conn: impl PgExecutor<'_>, link: &Link) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update links set url = $2, url_hash = $3, title = $4, description = $5, notes = $6, external_id = $7, \
         tags = $8, version = $9, updated_at = $10, starts_at = $11, expires_at = $12, max_clicks = $13, \
         redirect_status = $14, forward_query = $15, fallback_url = $16, disabled = $17, deleted_at = $18 \
         where id = $1",
    )
    .bind(link.id)
    .bind(&link.url)
    .bind(destination::hash(&link.url))
    .bind(&link.title)
    .bind(&link.description)
    .bind(&link.notes)
    .bind(&link.external_id)
    .bind(&link.tags)
    .bind(link.version)
    .bind(link.updated_at)
    .bind(link.starts_at)
    .bind(link.expires_at)
    .bind(link.max_clicks)
    .bind(link.redirect_status)
    .bind(link.forward_query)
    .bind(&link.fallback_url)
    .bind(link.disabled)
    .bind(link.deleted_at)
    .execute(conn)
    .await?;
    Ok(())
}
