//! The SQL of this service's schema: when each job is due, and the records of its runs.

use std::collections::BTreeMap;

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use crate::context::RunReport;

/// A scheduled run that has not ended after this time counts as lost.
pub(crate) const LEASE: Duration = Duration::seconds(10);

/// Registers a job that is not in the table yet; it is due at once.
pub(crate) async fn register(pool: &PgPool, job: &str, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO jobs (name, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(job)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Claims the job if it is due at `now`, and returns the number of the run. Of concurrent claims one succeeds. An earlier run that
/// never ended is recorded as lost. A due time further ahead than any that is set (the clock was turned back) counts as due.
pub(crate) async fn claim(
    pool: &PgPool,
    job: &str,
    interval: Duration,
    worker: &str,
    now: OffsetDateTime,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        r"WITH due AS (
              SELECT * FROM jobs WHERE name = $1 AND (due_at <= $2 OR due_at > $5) FOR UPDATE SKIP LOCKED
          ), lost AS (
              INSERT INTO runs (job, cause, worker, started_at, ended_at, outcome)
              SELECT name, 'timer', worker, started_at, $2, 'lost' FROM due
              WHERE started_at IS NOT NULL AND ended_at IS NULL
          )
          UPDATE jobs SET run = jobs.run + 1, worker = $3, started_at = $2, ended_at = NULL, outcome = NULL,
              counts = NULL, error = NULL, due_at = $4
          FROM due WHERE jobs.name = due.name RETURNING jobs.run",
    )
    .bind(job)
    .bind(now)
    .bind(worker)
    .bind(now + LEASE)
    .bind(now + interval.max(LEASE))
    .fetch_optional(pool)
    .await
}

/// A run that ended.
pub(crate) struct FinishedRun<'a> {
    pub(crate) job: &'a str,
    /// The number from [`claim`]; `None` for a manual run.
    pub(crate) number: Option<i64>,
    pub(crate) worker: &'a str,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) ended_at: OffsetDateTime,
    pub(crate) result: Result<&'a RunReport, String>,
    /// When the next run is due.
    pub(crate) due_at: OffsetDateTime,
}

impl FinishedRun<'_> {
    fn outcome(&self) -> &'static str {
        if self.result.is_ok() { "done" } else { "failed" }
    }

    fn counts(&self) -> Option<Json<&BTreeMap<String, u64>>> {
        self.result.as_ref().ok().map(|report| Json(&report.counts))
    }

    fn error(&self) -> Option<&str> {
        self.result.as_ref().err().map(String::as_str)
    }
}

/// Stores the result of a run with its job, unless another run has begun since. A scheduled run that did nothing gets no record of
/// its own.
pub(crate) async fn record(pool: &PgPool, run: FinishedRun<'_>) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    update_last_run(&mut tx, &run).await?;
    let idle = run.number.is_some() && run.result.as_ref().is_ok_and(|report| report.counts.is_empty());
    if !idle {
        insert_run(&mut tx, &run).await?;
    }
    tx.commit().await
}

/// A manual run does not replace a scheduled one that is still running.
async fn update_last_run(conn: &mut PgConnection, run: &FinishedRun<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        r"UPDATE jobs SET worker = $3, started_at = $4, ended_at = $5, outcome = $6, counts = $7, error = $8,
              due_at = COALESCE($9, due_at)
          WHERE name = $1
              AND CASE WHEN $2::bigint IS NULL THEN started_at IS NULL OR ended_at IS NOT NULL ELSE run = $2 END",
    )
    .bind(run.job)
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

async fn insert_run(conn: &mut PgConnection, run: &FinishedRun<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        r"INSERT INTO runs (job, cause, worker, started_at, ended_at, outcome, counts, error)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(run.job)
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

/// Deletes the records of runs that ended before `before`, and returns their number.
pub(crate) async fn delete_runs_before(pool: &PgPool, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query("DELETE FROM runs WHERE ended_at < $1").bind(before).execute(pool).await?.rows_affected())
}

/// A job and its last run.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct JobStatus {
    /// The name of the job.
    pub name: String,
    /// When it is due.
    pub due_at: OffsetDateTime,
    /// The worker of the last run.
    pub worker: Option<String>,
    /// When the last run began; `None` if it never ran.
    pub started_at: Option<OffsetDateTime>,
    /// When that run ended; `None` while it runs, or if its worker was killed.
    pub ended_at: Option<OffsetDateTime>,
    /// `done` or `failed`.
    pub outcome: Option<String>,
    /// What it did.
    pub counts: Option<Json<BTreeMap<String, u64>>>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The status of all registered jobs, by name.
pub(crate) async fn all_status(pool: &PgPool) -> Result<Vec<JobStatus>, sqlx::Error> {
    sqlx::query_as("SELECT name, due_at, worker, started_at, ended_at, outcome, counts, error FROM jobs ORDER BY name")
        .fetch_all(pool)
        .await
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
    const INTERVAL: Duration = Duration::minutes(1);
    const JOB: &str = "expire-links";

    async fn jobs() -> PgPool {
        let config = curtail_testkit::database().await;
        crate::migrate(&config).await.unwrap();
        let pool = curtail_db::connect(&config, crate::SCHEMA).await.unwrap();
        register(&pool, JOB, NOW).await.unwrap();
        pool
    }

    async fn try_claim(pool: &PgPool, now: OffsetDateTime) -> Option<i64> {
        claim(pool, JOB, INTERVAL, "w", now).await.unwrap()
    }

    #[tokio::test]
    async fn of_concurrent_claims_one_gets_a_job_that_is_due() {
        let pool = jobs().await;
        assert_eq!(try_claim(&pool, NOW - Duration::SECOND).await, None);
        let claims = (0..8).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { try_claim(&pool, NOW).await })
        });
        let mut successes = 0;
        for task in claims.collect::<Vec<_>>() {
            successes += i32::from(task.await.unwrap() == Some(1));
        }
        assert_eq!(successes, 1);
        assert_eq!(try_claim(&pool, NOW + LEASE - Duration::SECOND).await, None);
        assert_eq!(try_claim(&pool, NOW + LEASE).await, Some(2));
    }

    #[tokio::test]
    async fn a_clock_that_was_turned_back_delays_no_job() {
        let pool = jobs().await;
        let earlier = NOW - Duration::hours(2);
        assert_eq!(try_claim(&pool, earlier).await, Some(1));
        register(&pool, JOB, NOW).await.unwrap();
        assert_eq!(try_claim(&pool, earlier).await, None);
    }
}
