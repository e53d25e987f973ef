//! What an operator does with jobs, while workers run or not.

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;

use crate::done::Done;
use crate::job::Job;
use crate::store::{claim, status};
use crate::tools::Tools;
use crate::{SCHEMA, Status, timer};

/// How all jobs stand.
///
/// # Errors
/// When the database is away.
pub async fn list(config: &Config) -> anyhow::Result<Vec<Status>> {
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    status::all(&pool).await.context("the database")
}

/// Runs a job now, whether it is due or not, until nothing is left to do, and records that.
///
/// # Errors
/// What made the job fail. It is on record too, unless the database is away.
pub async fn run_by_hand(config: &Config, job: Job, clock: Clock) -> anyhow::Result<Done> {
    let tools = Tools::new(config, clock, Shutdown::new()).await?;
    let started_at = tools.clock.now();
    claim::introduce(&tools.pool, job, started_at).await.context("the database")?;
    let result = whole(job, &tools).await;
    timer::record(&tools, job, None, "by hand", started_at, &result, started_at).await.context("the database")?;
    result
}

async fn whole(job: Job, tools: &Tools) -> anyhow::Result<Done> {
    let mut all = Done::default();
    loop {
        let done = timer::measured(job, tools).await?;
        done.counts.iter().for_each(|(what, number)| all.count(what, *number));
        if !done.more {
            return Ok(all);
        }
    }
}
