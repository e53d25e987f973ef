//! What ends with a workspace.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

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

/// Whether links of a workspace have something to erase.
pub async fn has_content(pool: &PgPool, workspace_id: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from links where workspace_id = $1 and url <> $2)")
        .bind(workspace_id)
        .bind(ERASED_URL)
        .fetch_one(pool)
        .await
}

/// Remembers workspaces that have ended.
pub async fn remember(pool: &PgPool, workspaces: &[i64], now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into erased_workspaces (workspace_id, erased_at) select id, $2 from unnest($1::bigint[]) as id \
         on conflict (workspace_id) do nothing",
    )
    .bind(workspaces)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Workspaces that have ended a short while ago.
pub async fn remembered(pool: &PgPool) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select workspace_id from erased_workspaces").fetch_all(pool).await
}

/// Forgets workspaces that ended before `before`.
pub async fn forget(pool: &PgPool, before: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("delete from erased_workspaces where erased_at < $1").bind(before).execute(pool).await?;
    Ok(())
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
         'external_id', '', 'fallback_url', '', 'tags', '[]'::jsonb, 'creator_id', 0, 'url_hash', 0) where workspace_id = $1",
    )
    .bind(workspace_id)
    .bind(ERASED_URL)
    .execute(pool)
    .await?;
    Ok(())
}
