//! The records of runs.

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::done::Done;
use crate::job::Job;

/// A run that ended.
pub(crate) struct Run<'a> {
    pub(crate) job: Job,
    /// The number that [`super::claim::take`] gave it; none: by hand.
    pub(crate) number: Option<i64>,
    pub(crate) worker: &'a str,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) ended_at: OffsetDateTime,
    /// What it did, or why it failed.
    pub(crate) result: Result<&'a Done, String>,
    /// When the next one is due.
    pub(crate) due_at: OffsetDateTime,
}

/// Writes what the run came to: with its job, unless another run has begun since, and, if there is something to tell, by
/// itself.
pub(crate) async fn record(pool: &PgPool, run: Run<'_>) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    set_last(&mut tx, &run).await?;
    let dull = run.number.is_some() && run.result.as_ref().is_ok_and(|done| done.counts.is_empty());
    if !dull {
        add(&mut tx, &run).await?;
    }
    tx.commit().await
}

/// A run by hand does not disturb one by timer.
async fn set_last(conn: &mut PgConnection, run: &Run<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update jobs set worker = $3, started_at = $4, ended_at = $5, outcome = $6, counts = $7, error = $8, \
         due_at = coalesce($9, due_at) where name = $1 \
         and case when $2::bigint is null then started_at is null or ended_at is not null else run = $2 end",
    )
    .bind(run.job.name())
    .bind(run.number)
    .bind(run.worker)
    .bind(run.started_at)
    .bind(run.ended_at)
    .bind(run.outcome())
    .bind(run.counts())
    .bind(run.error())
    .bind(run.number.map(|_| run.due_at))
    .execute(conn)
    .await?;
    Ok(())
}

async fn add(conn: &mut PgConnection, run: &Run<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into runs (job, cause, worker, started_at, ended_at, outcome, counts, error) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(run.job.name())
    .bind(if run.number.is_some() { "timer" } else { "hand" })
    .bind(run.worker)
    .bind(run.started_at)
    .bind(run.ended_at)
    .bind(run.outcome())
    .bind(run.counts())
    .bind(run.error())
    .execute(conn)
    .await?;
    Ok(())
}

impl Run<'_> {
    fn outcome(&self) -> &'static str {
        if self.result.is_ok() { "done" } else { "failed" }
    }

    fn counts(&self) -> Option<Json<&std::collections::BTreeMap<String, u64>>> {
        self.result.as_ref().ok().map(|done| Json(&done.counts))
    }

    fn error(&self) -> Option<&str> {
        self.result.as_ref().err().map(String::as_str)
    }
}

/// Deletes records that ended before `before` and tells how many.
pub(crate) async fn delete_before(pool: &PgPool, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query("delete from runs where ended_at < $1").bind(before).execute(pool).await?.rows_affected())
}
