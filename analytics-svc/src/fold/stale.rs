//! Days that are to be folded, because they ended or because clicks came late.

use sqlx::PgConnection;
use time::Date;

/// What the writer of clicks holds shared until it commits, and who closes a day exclusively for a moment. So a click is either
/// there before its day is closed or knows that it comes late. An SQL expression.
pub const CLOSING: &str = "hashtextextended('close a day of clicks', 0)";

/// Marks the days of workspaces to which clicks are being added, where they are closed already. Within the transaction that
/// adds them, which holds [`CLOSING`]; last in it, as others may wait for the rows.
pub async fn mark(connection: &mut PgConnection, days: &[(Date, i64)]) -> Result<(), sqlx::Error> {
    let closed: Option<Date> =
        sqlx::query_scalar("SELECT closed_until FROM fold_progress").fetch_one(&mut *connection).await?;
    let Some(closed) = closed else { return Ok(()) };
    // All writers lock rows in the same order.
    let late: std::collections::BTreeSet<_> = days.iter().filter(|(day, _)| *day < closed).collect();
    if late.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO stale_days AS s (day, workspace_id) SELECT * FROM unnest($1::date[], $2::bigint[]) \
         ON CONFLICT (workspace_id, day) DO UPDATE SET marks = s.marks + 1",
    )
    .bind(late.iter().map(|(day, _)| *day).collect::<Vec<_>>())
    .bind(late.iter().map(|(_, workspace)| *workspace).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// A workspace whose day is to be folded.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Stale {
    /// The workspace.
    pub workspace_id: i64,
    /// As of when; more of them later mean that clicks came meanwhile.
    pub marks: i64,
}

/// Days with something to fold since `wait_ms` ago, oldest first, from `oldest` on and before `until`.
pub async fn days(
    connection: &mut PgConnection,
    oldest: Date,
    until: Date,
    wait_ms: i64,
) -> Result<Vec<Date>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT s.day FROM stale_days s \
         WHERE s.day >= $1 AND s.day < $3 AND s.since <= now() - $2 * interval '1 ms' \
         AND NOT EXISTS (SELECT FROM erased_workspaces e WHERE e.workspace_id = s.workspace_id) ORDER BY 1",
    )
    .bind(oldest)
    .bind(wait_ms as f64)
    .bind(until)
    .fetch_all(connection)
    .await
}

/// Up to `most` workspaces with something to fold on the day.
pub async fn workspaces(
    connection: &mut PgConnection,
    day: Date,
    wait_ms: i64,
    most: i64,
) -> Result<Vec<Stale>, sqlx::Error> {
    sqlx::query_as(
        "SELECT s.workspace_id, s.marks FROM stale_days s WHERE s.day = $1 AND s.since <= now() - $2 * interval '1 ms' \
         AND NOT EXISTS (SELECT FROM erased_workspaces e WHERE e.workspace_id = s.workspace_id) \
         ORDER BY s.workspace_id LIMIT $3",
    )
    .bind(day)
    .bind(wait_ms as f64)
    .bind(most)
    .fetch_all(connection)
    .await
}

/// Takes the marks off that were there when the folding began. Those to which clicks came meanwhile stay.
pub async fn clear(connection: &mut PgConnection, day: Date, folded: &[Stale]) -> Result<(), sqlx::Error> {
    let workspaces: Vec<i64> = folded.iter().map(|stale| stale.workspace_id).collect();
    // In the order in which writers lock them, so that no one waits in a circle.
    sqlx::query("SELECT FROM stale_days WHERE day = $1 AND workspace_id = ANY($2) ORDER BY workspace_id FOR UPDATE")
        .bind(day)
        .bind(&workspaces)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM stale_days s USING unnest($2::bigint[], $3::bigint[]) AS f (workspace_id, marks) \
         WHERE s.day = $1 AND s.workspace_id = f.workspace_id AND s.marks = f.marks",
    )
    .bind(day)
    .bind(&workspaces)
    .bind(folded.iter().map(|stale| stale.marks).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets marks of days whose raw clicks are not kept any more: they stay as they were folded last. Returns how many marks
/// there are after that.
pub async fn forget(connection: &mut PgConnection, oldest: Date) -> Result<i64, sqlx::Error> {
    sqlx::query("DELETE FROM stale_days WHERE day < $1").bind(oldest).execute(&mut *connection).await?;
    sqlx::query_scalar("SELECT count(*) FROM stale_days").fetch_one(connection).await
}
