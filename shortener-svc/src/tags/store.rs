//! SQL of the table `tags`, and of the links that carry tags.

use std::collections::HashMap;

use sqlx::{PgExecutor, PgPool};

use super::{default_color, key};
use crate::link::Link;
use crate::store::link_columns;

/// A tag as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Tag {
    /// Its spelling.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
}

/// The tags of those names that the workspace has, by key. Inside of a transaction none of them can be renamed or deleted
/// before its end, so that no link is left with a tag that does not exist.
pub async fn find(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    names: &[String],
) -> Result<HashMap<String, Tag>, sqlx::Error> {
    // A tag without a key was created by a version that has none.
    let tags: Vec<Tag> = sqlx::query_as(
        "SELECT name, color FROM tags WHERE workspace_id = $1 AND (key = ANY($2) OR key IS NULL AND name = ANY($3))
         FOR KEY SHARE",
    )
    .bind(workspace)
    .bind(names.iter().map(|name| key(name)).collect::<Vec<_>>())
    .bind(names)
    .fetch_all(conn)
    .await?;
    Ok(tags.into_iter().map(|tag| (key(&tag.name), tag)).collect())
}

/// Creates tags with the colours that go with their names; existing ones stay as they are. Names are written in one order, so
/// that two transactions cannot wait for each other.
pub async fn add(conn: impl PgExecutor<'_>, workspace: i64, names: &[&String]) -> Result<(), sqlx::Error> {
    let mut rows: Vec<_> = names.iter().map(|name| (key(name), name.as_str(), default_color(name))).collect();
    rows.sort_unstable();
    sqlx::query(
        "INSERT INTO tags (workspace_id, key, name, color) SELECT $1, key, name, color
         FROM unnest($2::text[], $3::text[], $4::text[]) new(key, name, color) ON CONFLICT DO NOTHING",
    )
    .bind(workspace)
    .bind(rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.2).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// How many tags the workspace has.
pub async fn count(conn: impl PgExecutor<'_>, workspace: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM tags WHERE workspace_id = $1").bind(workspace).fetch_one(conn).await
}

/// Changes the colour of a tag.
pub async fn set_color(conn: impl PgExecutor<'_>, workspace: i64, name: &str, color: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE tags SET color = $3 WHERE workspace_id = $1 AND name = $2")
        .bind(workspace)
        .bind(name)
        .bind(color)
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes the name of a tag, after those who use it at the moment.
pub async fn set_name(conn: impl PgExecutor<'_>, workspace: i64, name: &str, new: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE tags SET name = $3, key = $4 WHERE workspace_id = $1 AND name = $2")
        .bind(workspace)
        .bind(name)
        .bind(new)
        .bind(key(new))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes tags, after those who use them at the moment.
pub async fn delete(conn: impl PgExecutor<'_>, workspace: i64, names: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM tags WHERE workspace_id = $1 AND name = ANY($2)")
        .bind(workspace)
        .bind(names)
        .execute(conn)
        .await?;
    Ok(())
}

/// Links that carry one of these tags, from the id `after` on, deleted ones included; locked until the transaction ends.
pub async fn links(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    names: &[String],
    after: i64,
    limit: i64,
) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        link_columns!(),
        " FROM links l WHERE l.workspace_id = $1 AND l.tags && $2 AND l.tags <> '{}' AND l.id > $3
          ORDER BY l.id LIMIT $4 FOR UPDATE OF l"
    ))
    .bind(workspace)
    .bind(names)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await
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
        r#"SELECT t.name, t.color, coalesce(u.links, 0) AS links FROM tags t LEFT JOIN (
           SELECT name, count(*) AS links FROM links l, unnest(l.tags) name
           WHERE l.workspace_id = $1 AND l.tags <> '{}' AND l.deleted_at IS NULL GROUP BY name) u USING (name)
           WHERE t.workspace_id = $1 ORDER BY t.name COLLATE "C""#,
    )
    .bind(workspace)
    .fetch_all(pool)
    .await
}
