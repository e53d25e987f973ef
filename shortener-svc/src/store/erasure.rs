//! What ends with a workspace.

use sqlx::{PgConnection, PgPool};

/// Stands in the place of every destination that was erased. The name can never be looked up (RFC 6761, 6.4).
pub const ERASED_URL: &str = "https://erased.invalid/";

/// Links of a workspace that have something to erase, the oldest first.
pub async fn with_content(conn: &mut PgConnection, workspace_id: i64, limit: i64) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select id from links where workspace_id = $1 and url <> $2 order by id limit $3")
        .bind(workspace_id)
        .bind(ERASED_URL)
        .bind(limit)
        .fetch_all(conn)
        .await
}

/// Forgets who made these links.
pub async fn forget_creators(conn: &mut PgConnection, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("update links set creator_id = 0 where id = any($1)").bind(ids).execute(conn).await?;
    Ok(())
}

/// Deletes everything of a workspace that is not a link, and what the archive knows of its links but their codes.
pub async fn delete_rest(pool: &PgPool, workspace_id: i64) -> Result<(), sqlx::Error> {
    for sql in ["delete from tags where workspace_id = $1", "delete from idempotency where workspace_id = $1"] {
        sqlx::query(sql).bind(workspace_id).execute(pool).await?;
    }
    sqlx::query(
        "update archive set row = row || jsonb_build_object('url', $2::text, 'title', '', 'description', '', 'notes', '', \
         'external_id', '', 'fallback_url', '', 'tags', '[]'::jsonb, 'creator_id', 0) where workspace_id = $1",
    )
    .bind(workspace_id)
    .bind(ERASED_URL)
    .execute(pool)
    .await?;
    Ok(())
}
