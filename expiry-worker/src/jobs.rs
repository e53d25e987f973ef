//! The jobs: their names, their intervals and what each of them does.

use std::time::{Duration, Instant};

use curtail_proto::links::v1::{ArchiveLinksRequest, ExpireLinksRequest, WarnExpiringRequest};
use curtail_streams::DeadLetters;

use crate::context::{JobContext, RunReport};
use crate::store;

/// The links of one batch: a transaction of some ten milliseconds.
const BATCH: u32 = 500;

/// Work that is repeated on a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Publishes `link.expired` for links that have expired.
    ExpireLinks,
    /// Publishes `link.expiring` for links that expire soon.
    WarnExpiring,
    /// Moves links that were deleted long ago to the archive.
    ArchiveLinks,
    /// Trims streams behind their slowest group.
    TrimStreams,
    /// Deletes old records of runs.
    ForgetRuns,
    /// Deletes old dead letters.
    ForgetDeadLetters,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 6] = [
        Self::ExpireLinks,
        Self::WarnExpiring,
        Self::ArchiveLinks,
        Self::TrimStreams,
        Self::ForgetRuns,
        Self::ForgetDeadLetters,
    ];

    /// The name in commands, records and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExpireLinks => "expire-links",
            Self::WarnExpiring => "warn-expiring",
            Self::ArchiveLinks => "archive-links",
            Self::TrimStreams => "trim-streams",
            Self::ForgetRuns => "forget-runs",
            Self::ForgetDeadLetters => "forget-dead-letters",
        }
    }

    /// The job with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// The time from the start of one run to the start of the next.
    pub fn interval(self, settings: &curtail_config::Expiry) -> Duration {
        match self {
            Self::ExpireLinks => Duration::from_millis(settings.expire_interval_ms),
            Self::WarnExpiring | Self::TrimStreams => Duration::from_secs(60),
            Self::ArchiveLinks | Self::ForgetRuns | Self::ForgetDeadLetters => Duration::from_secs(3600),
        }
    }

    /// Runs the job once.
    pub(crate) async fn run(self, context: &JobContext) -> anyhow::Result<RunReport> {
        match self {
            Self::ExpireLinks => expire_links(context).await,
            Self::WarnExpiring => warn_expiring(context).await,
            Self::ArchiveLinks => archive_links(context).await,
            Self::TrimStreams => trim_streams(context).await,
            Self::ForgetRuns => forget_runs(context).await,
            Self::ForgetDeadLetters => forget_dead_letters(context).await,
        }
    }
}

/// Redirects do not wait for this job: redirectors compare the expiry of a link with their clock.
async fn expire_links(context: &JobContext) -> anyhow::Result<RunReport> {
    let (start, mut report) = (Instant::now(), RunReport::default());
    loop {
        let request = context.request(ExpireLinksRequest { limit: BATCH });
        let response = context.links.clone().expire_links(request).await?.into_inner();
        report.count("links", response.links);
        report.count("events", response.told);
        if response.links < BATCH {
            return Ok(report);
        }
        if !context.has_time_left(start) {
            return Ok(RunReport { has_more: true, ..report });
        }
    }
}

async fn warn_expiring(context: &JobContext) -> anyhow::Result<RunReport> {
    let (start, mut report) = (Instant::now(), RunReport::default());
    let within_seconds = context.settings.warn_hours * 3600;
    if within_seconds == 0 {
        return Ok(report);
    }
    loop {
        let request = context.request(WarnExpiringRequest { within_seconds, limit: BATCH });
        let events = context.links.clone().warn_expiring(request).await?.into_inner().told;
        report.count("events", events);
        if events < BATCH {
            return Ok(report);
        }
        if !context.has_time_left(start) {
            return Ok(RunReport { has_more: true, ..report });
        }
    }
}

async fn archive_links(context: &JobContext) -> anyhow::Result<RunReport> {
    let (start, mut report) = (Instant::now(), RunReport::default());
    let deleted_days = context.settings.archive_after_days;
    loop {
        let request = context.request(ArchiveLinksRequest { deleted_days, limit: BATCH });
        let links = context.links.clone().archive_links(request).await?.into_inner().links;
        report.count("links", links);
        if links < BATCH {
            return Ok(report);
        }
        if !context.has_time_left(start) {
            return Ok(RunReport { has_more: true, ..report });
        }
    }
}

/// The publisher of a stream trims it too while it runs; this job is for streams whose publisher does not.
async fn trim_streams(context: &JobContext) -> anyhow::Result<RunReport> {
    let mut report = RunReport::default();
    let retention = Duration::from_secs(context.streams.keep_seconds);
    for stream in &context.stream_names {
        report.count("entries", curtail_streams::trim_behind_groups(&context.redis, stream, retention).await?);
    }
    Ok(report)
}

async fn forget_runs(context: &JobContext) -> anyhow::Result<RunReport> {
    let mut report = RunReport::default();
    let before = context.clock.now() - time::Duration::days(context.settings.runs_retention_days.into());
    report.count("runs", store::delete_runs_before(&context.pool, before).await?);
    Ok(report)
}

async fn forget_dead_letters(context: &JobContext) -> anyhow::Result<RunReport> {
    let mut report = RunReport::default();
    let before = context.clock.now() - time::Duration::days(context.streams.dead_letter_days.into());
    let before_ms = u64::try_from(before.unix_timestamp()).unwrap_or_default() * 1_000;
    for stream in DeadLetters::streams(&context.redis).await? {
        let letters = DeadLetters::of(context.redis.clone(), &stream);
        report.count("letters", letters.discard_before(before_ms).await?);
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_jobs() {
        assert!(Job::ALL.into_iter().all(|job| Job::from_name(job.name()) == Some(job)));
        assert_eq!(Job::from_name("expire"), None);
    }
}
