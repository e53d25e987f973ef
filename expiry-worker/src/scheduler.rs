//! Running each job when it is due.

use std::time::{Duration, Instant};

use curtail_lifecycle::Latch;
use time::OffsetDateTime;

use crate::context::{JobContext, RunReport};
use crate::jobs::Job;
use crate::metrics;
use crate::store::{self, FinishedRun};

/// The pause after a failed run; shorter for jobs with a shorter interval.
const RETRY_DELAY: Duration = Duration::from_secs(30);

/// The bounds of the pause between two polls of a job. A short pause lets a worker take over soon and notice a clock that was set.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(100);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Polls `job` until the process drains, and runs it when it is due. The latch is up while the database is available.
pub(crate) async fn run(job: Job, context: JobContext, worker: String, latch: Latch) -> anyhow::Result<()> {
    let interval = job.interval(&context.settings);
    while !context.shutdown.is_draining() {
        let polled = poll(job, &context, &worker, interval).await;
        latch.set(polled.is_ok());
        if let Err(error) = &polled {
            tracing::warn!(job = job.name(), %error, "the job could not be claimed");
        }
        if !polled.is_ok_and(|has_more| has_more) {
            context.shutdown.sleep((interval / 4).clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL)).await;
        }
    }
    Ok(())
}

/// Runs the job if it is due. Returns `true` if more work is left.
async fn poll(job: Job, context: &JobContext, worker: &str, interval: Duration) -> Result<bool, sqlx::Error> {
    let started_at = context.clock.now();
    let interval = time::Duration::try_from(interval).unwrap_or(time::Duration::DAY);
    store::register(&context.pool, job.name(), started_at).await?;
    let claim = store::claim(&context.pool, job.name(), interval, worker, started_at).await?;
    let Some(number) = claim else { return Ok(false) };
    let result = run_measured(job, context).await;
    let due_at = match &result {
        Ok(report) if report.has_more => started_at,
        Ok(_) => started_at + interval,
        Err(_) => context.clock.now() + interval.min(time::Duration::try_from(RETRY_DELAY).unwrap_or(interval)),
    };
    let has_more = result.as_ref().is_ok_and(|report| report.has_more);
    record(context, job, Some(number), worker, started_at, &result, due_at).await?;
    Ok(has_more)
}

/// Runs the job, counts the run and logs its result.
pub(crate) async fn run_measured(job: Job, context: &JobContext) -> anyhow::Result<RunReport> {
    let start = Instant::now();
    let result = job.run(context).await;
    metrics::record_run(job.name(), result.is_ok(), start.elapsed());
    match &result {
        Ok(report) if report.counts.is_empty() => {}
        Ok(report) => tracing::info!(job = job.name(), result = report.summary(), "job finished"),
        Err(error) => tracing::warn!(job = job.name(), error = format!("{error:#}"), "job failed"),
    }
    result
}

/// Stores the result of a run.
pub(crate) async fn record(
    context: &JobContext,
    job: Job,
    number: Option<i64>,
    worker: &str,
    started_at: OffsetDateTime,
    result: &anyhow::Result<RunReport>,
    due_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let result = result.as_ref().map_err(|error| format!("{error:#}"));
    let ended_at = context.clock.now();
    let run = FinishedRun { job: job.name(), number, worker, started_at, ended_at, result, due_at };
    store::record(&context.pool, run).await
}
