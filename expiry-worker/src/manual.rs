//! Jobs for operators, whether workers run or not.

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;

use crate::context::{JobContext, RunReport};
use crate::jobs::Job;
use crate::{JobStatus, SCHEMA, scheduler, store};

/// The status of every job.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(config: &Config) -> anyhow::Result<Vec<JobStatus>> {
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    store::all_status(&pool).await.context("the database")
}

/// Runs a job now, whether it is due or not, until no work is left, and records the run.
///
/// # Errors
/// The error of the job. It is recorded too, unless the database is unavailable.
pub async fn run_manually(config: &Config, job: Job, clock: Clock) -> anyhow::Result<RunReport> {
    let context = JobContext::new(config, clock, Shutdown::new()).await?;
    let started_at = context.clock.now();
    store::register(&context.pool, job.name(), started_at).await.context("the database")?;
    let result = run_to_end(job, &context).await;
    let recorded = scheduler::record(&context, job, None, "manual", started_at, &result, started_at).await;
    recorded.context("the database")?;
    result
}

async fn run_to_end(job: Job, context: &JobContext) -> anyhow::Result<RunReport> {
    let mut total = RunReport::default();
    loop {
        let report = scheduler::run_measured(job, context).await?;
        report.counts.iter().for_each(|(kind, number)| total.count(kind, *number));
        if !report.has_more {
            return Ok(total);
        }
    }
}
