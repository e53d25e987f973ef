//! Running a job whenever it is due.

use std::time::{Duration, Instant};

use curtail_lifecycle::Latch;
use time::OffsetDateTime;

use crate::done::Done;
use crate::job::Job;
use crate::store::claim;
use crate::store::runs::{self, Run};
use crate::tools::Tools;

/// The pause after a run that failed; less for jobs that are due more often.
const RETRY: Duration = Duration::from_secs(30);

/// The longest and the shortest time between two looks whether a job is due. Looking often lets a worker take over soon, and
/// notice a clock that was set.
const LOOK: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Looks again and again whether `job` is due, here or elsewhere, until the process drains. The latch is up while the
/// database answers.
pub(crate) async fn run(job: Job, tools: Tools, worker: String, latch: Latch) -> anyhow::Result<()> {
    let every = job.every(&tools.settings);
    while !tools.shutdown.is_draining() {
        let ran = once(job, &tools, &worker, every).await;
        latch.set(ran.is_ok());
        if let Err(error) = &ran {
            tracing::warn!(job = job.name(), %error, "whether the job is due can not be told");
        }
        if !ran.is_ok_and(|more| more) {
            tokio::select! {
                () = tokio::time::sleep((every / 4).clamp(LOOK.0, LOOK.1)) => {}
                () = tools.shutdown.draining() => {}
            }
        }
    }
    Ok(())
}

/// Runs the job if it is due; whether there is more to do at once.
async fn once(job: Job, tools: &Tools, worker: &str, every: Duration) -> Result<bool, sqlx::Error> {
    let started_at = tools.clock.now();
    let every = time::Duration::try_from(every).unwrap_or(time::Duration::DAY);
    claim::introduce(&tools.pool, job, started_at).await?;
    let Some(number) = claim::take(&tools.pool, job, every, worker, started_at).await? else { return Ok(false) };
    let result = measured(job, tools).await;
    let due_at = match &result {
        Ok(done) if done.more => started_at,
        Ok(_) => started_at + every,
        Err(_) => tools.clock.now() + every.min(time::Duration::try_from(RETRY).unwrap_or(every)),
    };
    let more = result.as_ref().is_ok_and(|done| done.more);
    record(tools, job, Some(number), worker, started_at, &result, due_at).await?;
    Ok(more)
}

/// Runs the job and tells metrics and log.
pub(crate) async fn measured(job: Job, tools: &Tools) -> anyhow::Result<Done> {
    let start = Instant::now();
    let result = job.run(tools).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    metrics::counter!("upkeep_runs_total", "job" => job.name(), "outcome" => outcome).increment(1);
    metrics::histogram!("upkeep_run_seconds", "job" => job.name()).record(start.elapsed().as_secs_f64());
    match &result {
        Ok(done) if done.counts.is_empty() => {}
        Ok(done) => tracing::info!(job = job.name(), did = done.summary(), "ran"),
        Err(error) => tracing::warn!(job = job.name(), error = format!("{error:#}"), "failed"),
    }
    result
}

/// Writes what a run came to.
pub(crate) async fn record(
    tools: &Tools,
    job: Job,
    number: Option<i64>,
    worker: &str,
    started_at: OffsetDateTime,
    result: &anyhow::Result<Done>,
    due_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let result = result.as_ref().map_err(|error| format!("{error:#}"));
    let ended_at = tools.clock.now();
    runs::record(&tools.pool, Run { job, number, worker, started_at, ended_at, result, due_at }).await
}
