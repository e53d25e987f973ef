//! Links by id, address and destination.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use super::link_columns;
use crate::link::{Draft, Link};

/// The link with this id.
pub async fn by_id(pool: &PgPool, id: i64) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as(concat!("select ", link_columns!(), " from links l where l.id = $1"))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// The links with these ids, in no order; unknown ones are left out.
pub async fn by_ids(pool: &PgPool, ids: &[i64]) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!("select ", link_columns!(), " from links l where l.id = any($1)"))
        .bind(ids)
        .fetch_all(pool)
        .await
}

/// The next links of all workspaces in the order of their ids.
pub async fn after(pool: &PgPool, id: i64, rows: i64) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!("select ", link_columns!(), " from links l where l.id > $1 order by l.id limit $2"))
        .bind(id)
        .bind(rows)
        .fetch_all(pool)
        .await
}

/// The link behind a code, also one that lies in the archive.
pub async fn by_address(pool: &PgPool, domain: &str, code: &str) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        link_columns!(),
        " from codes c join links l on l.id = c.link_id where c.domain = $1 and c.code = $2 union all select ",
        link_columns!(),
        " from codes c join archive a on a.id = c.link_id \
         cross join lateral jsonb_populate_record(null::links, a.row) l where c.domain = $1 and c.code = $2"
    ))
    .bind(domain)
    .bind(code)
    .fetch_optional(pool)
    .await
}

/// The link with this id, locked until the transaction ends.
pub async fn for_update(conn: impl PgExecutor<'_>, id: i64) -> Result<Option<Link>, sqlx::Error> {
    sqlx::query_as(concat!("select ", link_columns!(), " from links l where l.id = $1 for update of l"))
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// Those of these links that belong to the workspace, locked in the order of their ids until the transaction ends.
pub async fn in_workspace_for_update(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    ids: &[i64],
) -> Result<Vec<Link>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        link_columns!(),
        " FROM links l WHERE l.id = ANY($2) AND l.workspace_id = $1 ORDER BY l.id FOR UPDATE OF l"
    ))
    .bind(workspace)
    .bind(ids)
    .fetch_all(conn)
    .await
}

/// A link that is what a draft would become.
#[derive(Debug, sqlx::FromRow)]
pub struct Alike {
    /// Place of the draft, from 1.
    pub place: i64,
    /// The link.
    #[sqlx(flatten)]
    pub link: Link,
}

/// For each draft the workspace's oldest link that leads to the same destination from the same domain and redirects at `now`.
/// A wanted alias must fit too. Drafts without such a link are left out.
pub async fn alike(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    drafts: &[&Draft],
    now: OffsetDateTime,
) -> Result<Vec<Alike>, sqlx::Error> {
    let column = |of: fn(&Draft) -> Option<&str>| drafts.iter().map(|draft| of(draft)).collect::<Vec<_>>();
    sqlx::query_as(concat!(
        "select distinct on (w.place) w.place, ",
        link_columns!(),
        " from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) with ordinality w(url_hash, url, domain, alias, place) \
         join links l on l.workspace_id = $1 and l.url_hash = w.url_hash and l.url = w.url and l.domain = w.domain \
         and (w.alias is null or l.code = w.alias) \
         where l.deleted_at is null and l.block_reason is null and not l.disabled \
         and (l.starts_at is null or l.starts_at <= $6) and (l.expires_at is null or l.expires_at > $6) \
         and (l.max_clicks = 0 or l.used_clicks < l.max_clicks) order by w.place, l.id"
    ))
    .bind(workspace)
    .bind(drafts.iter().map(|draft| draft.destination.hash()).collect::<Vec<_>>())
    .bind(column(|draft| Some(draft.destination.as_str())))
    .bind(column(|draft| Some(draft.domain.as_str())))
    .bind(column(|draft| draft.alias.as_ref().map(|alias| alias.as_str())))
    .bind(now)
    .fetch_all(conn)
    .await
}

/// Makes find-or-create of equal destinations in one workspace wait for each other until the transaction ends. The stripes
/// keep the number of locks of a bulk create small; ascending order keeps two of them from waiting for each other.
pub async fn lock_destinations(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    hashes: impl Iterator<Item = i64>,
) -> Result<(), sqlx::Error> {
    let mut stripes: Vec<i64> = hashes.map(|hash| workspace.wrapping_mul(16) ^ (hash & 15)).collect();
    stripes.sort_unstable();
    stripes.dedup();
    sqlx::query("select pg_advisory_xact_lock(stripe) from unnest($1::bigint[]) stripe")
        .bind(stripes)
        .execute(conn)
        .await?;
    Ok(())
}
