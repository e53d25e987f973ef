//! Tags of workspaces.

use std::collections::HashMap;

use sqlx::{PgExecutor, PgPool};

use crate::link::tag::default_color;

/// The colours of those of `names` that the workspace has.
pub async fn colors(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    names: &[String],
) -> Result<HashMap<String, String>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select name, color from tags where workspace_id = $1 and name = any($2)")
            .bind(workspace)
            .bind(names)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().collect())
}

/// Makes tags with the colours that go with their names; those that are there stay as they are. `names` are sorted, so that
/// two transactions cannot wait for each other.
pub async fn add(conn: impl PgExecutor<'_>, workspace: i64, names: &[String]) -> Result<(), sqlx::Error> {
    let colors: Vec<_> = names.iter().map(|name| default_color(name)).collect();
    sqlx::query(
        "insert into tags (workspace_id, name, color) select $1, name, color from unnest($2::text[], $3::text[]) \
         new(name, color) on conflict do nothing",
    )
    .bind(workspace)
    .bind(names)
    .bind(colors)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many tags the workspace has.
pub async fn count(conn: impl PgExecutor<'_>, workspace: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from tags where workspace_id = $1").bind(workspace).fetch_one(conn).await
}

/// Makes a tag or changes its colour.
pub async fn set(conn: impl PgExecutor<'_>, workspace: i64, name: &str, color: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into tags (workspace_id, name, color) values ($1, $2, $3) \
         on conflict (workspace_id, name) do update set color = excluded.color",
    )
    .bind(workspace)
    .bind(name)
    .bind(color)
    .execute(conn)
    .await?;
    Ok(())
}

/// A tag with how many links carry it, deleted links not counted.
#[derive(Debug, sqlx::FromRow)]
pub struct CountedTag {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub color: String,
    /// How many links carry it.
    pub links: i64,
}

/// The tags of a workspace by name.
pub async fn list(pool: &PgPool, workspace: i64) -> Result<Vec<CountedTag>, sqlx::Error> {
    sqlx::query_as(
        "select t.name, t.color, coalesce(u.links, 0) as links from tags t left join ( \
         select name, count(*) as links from links l, unnest(l.tags) name \
         where l.workspace_id = $1 and l.tags <> '{}' and l.deleted_at is null group by name) u using (name) \
         where t.workspace_id = $1 order by t.name collate \"C\"",
    )
    .bind(workspace)
    .fetch_all(pool)
    .await
}
