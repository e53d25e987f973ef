//! Gives keys to tags that an earlier version created, and merges those that share one.
//!
//! Earlier versions told tags apart by case. Of tags with one key the one on the most links stays. It runs with the upkeep, one
//! workspace a transaction, so that links change with events as by any other change.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool};

use super::{Tag, change, key, store};
use crate::app::App;

/// A tag with what decides which spelling stays.
#[derive(Debug, sqlx::FromRow)]
struct Candidate {
    name: String,
    color: String,
    has_key: bool,
    links: i64,
}

/// Goes through all workspaces that have tags without a key. Returns how many tags were merged into others.
pub async fn run(app: &App) -> Result<u64, sqlx::Error> {
    let mut merged = 0;
    while let Some(workspace) = next_workspace(&app.pool).await? {
        merged += unify(app, workspace).await?;
    }
    Ok(merged)
}

async fn unify(app: &App, workspace: i64) -> Result<u64, sqlx::Error> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let mut by_key: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates(&mut tx, workspace).await? {
        by_key.entry(key(&candidate.name)).or_default().push(candidate);
    }
    let mut merged = 0;
    for mut equal in by_key.into_values() {
        // The order of the query decides between equal numbers of links.
        equal.sort_by_key(|tag| std::cmp::Reverse((tag.has_key, tag.links)));
        let stays = equal.remove(0);
        let ends: Vec<String> = equal.into_iter().map(|tag| tag.name).collect();
        if !ends.is_empty() {
            let into = Tag { name: stays.name.clone(), color: stays.color };
            store::delete(&mut *tx, workspace, &ends).await?;
            change::replace(app, &mut tx, workspace, &ends, Some(&into), now).await?;
            merged += ends.len() as u64;
        }
        if !stays.has_key {
            store::set_name(&mut *tx, workspace, &stays.name, &stays.name).await?;
        }
    }
    tx.commit().await?;
    app.wake_relay();
    Ok(merged)
}

async fn next_workspace(pool: &PgPool) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT workspace_id FROM tags WHERE key IS NULL LIMIT 1").fetch_optional(pool).await
}

async fn candidates(conn: &mut PgConnection, workspace: i64) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query("SELECT FROM tags WHERE workspace_id = $1 ORDER BY name FOR UPDATE")
        .bind(workspace)
        .execute(&mut *conn)
        .await?;
    sqlx::query_as(
        "SELECT t.name, t.color, t.key IS NOT NULL AS has_key,
           (SELECT count(*) FROM links l WHERE l.workspace_id = $1 AND l.tags @> ARRAY[t.name] AND l.tags <> '{}') AS links
         FROM tags t WHERE t.workspace_id = $1 ORDER BY t.name",
    )
    .bind(workspace)
    .fetch_all(conn)
    .await
}
