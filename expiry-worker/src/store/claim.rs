//! Who runs a job that is due.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::job::Job;

/// A run by timer that began now is believed to be lost after so long.
pub(crate) const LEASE: Duration = Duration::seconds(10);

/// Takes the job if it is due at `now`, and answers with the number of the run. Of many who ask, one gets it. A run that never
/// ended is recorded as lost. A time that lies further ahead than any is set (the clock was turned back) counts as due.
pub(crate) async fn take(
    pool: &PgPool,
    job: Job,
    every: Duration,
    worker: &str,
    now: OffsetDateTime,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "with due as ( \
           select * from jobs where name = $1 and (due_at <= $2 or due_at > $5) for update skip locked \
         ), lost as ( \
           insert into runs (job, cause, worker, started_at, ended_at, outcome) \
           select name, 'timer', worker, started_at, $2, 'lost' from due \
           where started_at is not null and ended_at is null \
         ) \
         update jobs set run = jobs.run + 1, worker = $3, started_at = $2, ended_at = null, outcome = null, \
           counts = null, error = null, due_at = $4 from due where jobs.name = due.name returning jobs.run",
    )
    .bind(job.name())
    .bind(now)
    .bind(worker)
    .bind(now + LEASE)
    .bind(now + every.max(LEASE))
    .fetch_optional(pool)
    .await
}

/// Makes the row of a job that was never heard of; it is due at once.
pub(crate) async fn introduce(pool: &PgPool, job: Job, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("insert into jobs (name, due_at) values ($1, $2) on conflict do nothing")
        .bind(job.name())
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);
    const EVERY: Duration = Duration::minutes(1);

    async fn jobs() -> PgPool {
        let config = curtail_testkit::database().await;
        crate::migrate(&config).await.unwrap();
        let pool = curtail_db::connect(&config, crate::SCHEMA).await.unwrap();
        introduce(&pool, Job::ExpireLinks, NOW).await.unwrap();
        pool
    }

    async fn ask(pool: &PgPool, now: OffsetDateTime) -> Option<i64> {
        take(pool, Job::ExpireLinks, EVERY, "w", now).await.unwrap()
    }

    #[tokio::test]
    async fn of_many_who_ask_one_gets_a_job_that_is_due() {
        let pool = jobs().await;
        assert_eq!(ask(&pool, NOW - Duration::SECOND).await, None);
        let asking = (0..8).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { ask(&pool, NOW).await })
        });
        let mut got = 0;
        for task in asking.collect::<Vec<_>>() {
            got += i32::from(task.await.unwrap() == Some(1));
        }
        assert_eq!(got, 1);
        assert_eq!(ask(&pool, NOW + LEASE - Duration::SECOND).await, None);
        assert_eq!(ask(&pool, NOW + LEASE).await, Some(2));
    }

    #[tokio::test]
    async fn a_clock_that_was_turned_back_holds_up_nothing() {
        let pool = jobs().await;
        let earlier = NOW - Duration::hours(2);
        assert_eq!(ask(&pool, earlier).await, Some(1));
        introduce(&pool, Job::ExpireLinks, NOW).await.unwrap();
        assert_eq!(ask(&pool, earlier).await, None);
    }
}
