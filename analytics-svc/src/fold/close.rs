//! Closes days that ended, so that they can be folded.
//!
//! In two steps, as finding the workspaces of a day takes a while. From the first on, clicks of the day come late and mark it
//! themselves; the second marks every workspace that was clicked on the day.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use time::Date;

use super::stale::CLOSING;

/// How far folding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// The first day that was folded.
    pub since: Option<Date>,
    /// Clicks before it come late.
    pub closed_until: Option<Date>,
    /// Days before it are folded or marked as stale.
    pub folded_until: Option<Date>,
}

impl Progress {
    /// As it is.
    pub async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        sqlx::query_as("SELECT since, closed_until, folded_until FROM fold_progress").fetch_one(connection).await
    }
}

/// Closes the days from where that was left, in the beginning from `first` on, up to `until`, which stays open.
pub async fn days(pool: &PgPool, first: Date, until: Date) -> Result<(), sqlx::Error> {
    loop {
        let progress = Progress::read(&mut *pool.acquire().await?).await?;
        let closed = progress.closed_until;
        let folded = progress.folded_until.or(progress.since);
        match folded {
            // Also when someone was interrupted between the steps.
            Some(day) if Some(day) < closed => mark_clicked(pool, day).await?,
            _ => {
                let day = closed.unwrap_or(first);
                if day >= until {
                    return Ok(());
                }
                close(pool, day).await?;
            }
        }
    }
}

/// From the commit on, clicks of the day come late. Waits for those who are writing clicks, and others who want to begin wait
/// for it: for one commit.
async fn close(pool: &PgPool, day: Date) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    // A commit takes a second or two under full load; better later than to hold up clicks behind one who hangs.
    sqlx::query("SET LOCAL lock_timeout = '10s'").execute(&mut *tx).await?;
    sqlx::query(AssertSqlSafe(format!("SELECT pg_advisory_xact_lock({CLOSING})"))).execute(&mut *tx).await?;
    sqlx::query(
        "UPDATE fold_progress SET closed_until = $1::date + 1, since = coalesce(since, $1) \
         WHERE closed_until IS NULL OR closed_until = $1",
    )
    .bind(day)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Marks every workspace that was clicked on the closed day. From the commit on, questions take the day for folded, except for
/// the marked.
async fn mark_clicked(pool: &PgPool, day: Date) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
    let moved = sqlx::query(
        "UPDATE fold_progress SET folded_until = $1::date + 1 WHERE coalesce(folded_until, since) = $1 AND closed_until > $1",
    )
    .bind(day)
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO stale_days (day, workspace_id, since) SELECT DISTINCT $1::date, workspace_id, '-infinity'::timestamptz \
         FROM clicks WHERE at >= $2 AND at < $3 ORDER BY workspace_id \
         ON CONFLICT (workspace_id, day) DO UPDATE SET since = excluded.since",
    )
    .bind(day)
    .bind(day.midnight().assume_utc())
    .bind(day.midnight().assume_utc() + time::Duration::DAY)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
