//! Links that were deleted long ago.

use sqlx::PgExecutor;
use time::OffsetDateTime;

/// Moves links that were deleted by `before` out of the way, at most `limit`, and tells how many. Their codes stay taken and
/// go on to answer as those of deleted links.
pub async fn put_away(
    conn: impl PgExecutor<'_>,
    before: OffsetDateTime,
    now: OffsetDateTime,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "with old as ( \
           select l.id from links l where l.deleted_at is not null and l.deleted_at <= $1 \
           order by l.deleted_at limit $3 for update skip locked \
         ), gone as (delete from links l using old where l.id = old.id returning l.*) \
         insert into archive (id, workspace_id, row, archived_at) \
         select gone.id, gone.workspace_id, to_jsonb(gone), $2 from gone",
    )
    .bind(before)
    .bind(now)
    .bind(limit)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
