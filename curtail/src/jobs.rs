//! `curtail job`: the jobs of expiry-worker.

use std::path::Path;

use anyhow::Context as _;
use curtail_clock::Clock;
use expiry_worker::{JobStatus, RunReport};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::{cli::Job, settings, terminal};

/// Runs one of the commands.
///
/// # Errors
/// When there is no such job, it failed, or the database is unavailable.
pub(crate) async fn run(dir: &Path, command: Job) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    match command {
        Job::List => {
            let jobs = expiry_worker::list(&config).await?;
            terminal::say(&format!(
                "{:<16} {:<20} {:<20} {:<8} RESULT",
                "JOB", "DUE (UTC)", "LAST RUN (UTC)", "OUTCOME"
            ));
            jobs.iter().for_each(|job| terminal::say(&line(job)));
            Ok(())
        }
        Job::Run { name } => {
            config.require_secrets(&["rpc.service_key"])?;
            let job = expiry_worker::Job::from_name(&name).with_context(|| {
                let names = expiry_worker::Job::ALL.map(expiry_worker::Job::name).join(", ");
                format!("there is no job {name:?}, only {names}")
            })?;
            let report = expiry_worker::run_manually(&config, job, Clock::system()).await?;
            terminal::say(&format!("{name}: {}.", report.summary()));
            Ok(())
        }
    }
}

fn line(job: &JobStatus) -> String {
    let (due, last) = (show(Some(job.due_at)), show(job.started_at));
    let outcome = match (&job.outcome, job.started_at) {
        (Some(outcome), _) => outcome,
        (None, Some(_)) => "runs",
        (None, None) => "never",
    };
    let counts = job.counts.as_ref().map(|counts| RunReport { counts: counts.0.clone(), has_more: false }.summary());
    let result = job.error.clone().or(counts).unwrap_or_default();
    format!("{:<16} {due:<20} {last:<20} {outcome:<8} {result}", job.name)
}

fn show(at: Option<OffsetDateTime>) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    at.and_then(|at| at.format(format).ok()).unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_line_tells_when_and_what() {
        let mut job = JobStatus {
            name: "expire-links".to_owned(),
            due_at: datetime!(2026-11-21 12:00:02.5 UTC),
            worker: None,
            started_at: None,
            ended_at: None,
            outcome: None,
            counts: None,
            error: None,
        };
        assert_eq!(line(&job).split_whitespace().collect::<Vec<_>>()[1..], ["2026-11-21", "12:00:02", "-", "never"]);
        job.started_at = Some(job.due_at);
        assert!(line(&job).contains(" runs "));
        (job.outcome, job.error) = (Some("failed".to_owned()), Some("no links".to_owned()));
        assert!(line(&job).ends_with(" failed   no links"), "{}", line(&job));
    }
}
