//! The jobs by name.

use std::time::Duration;

use crate::done::Done;
use crate::jobs;
use crate::tools::Tools;

/// Something that is done again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Tells of links whose time is over.
    ExpireLinks,
    /// Tells of links whose time will be over soon.
    WarnExpiring,
    /// Moves links that were deleted long ago to the archive.
    ArchiveLinks,
    /// Cuts streams behind their slowest group.
    TrimStreams,
    /// Throws away old records of runs.
    ForgetRuns,
    /// Throws away old dead letters.
    ForgetDeadLetters,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ExpireLinks,
        Self::WarnExpiring,
        Self::ArchiveLinks,
        Self::TrimStreams,
        Self::ForgetRuns,
        Self::ForgetDeadLetters,
    ];

    /// Its name for operators, in records and in metrics.
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
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// The time from the start of one run to that of the next.
    pub fn every(self, settings: &curtail_config::Expiry) -> Duration {
        match self {
            Self::ExpireLinks => Duration::from_millis(settings.expire_interval_ms),
            Self::WarnExpiring | Self::TrimStreams => Duration::from_secs(60),
            Self::ArchiveLinks | Self::ForgetRuns | Self::ForgetDeadLetters => Duration::from_secs(3600),
        }
    }

    /// Does it once.
    pub(crate) async fn run(self, tools: &Tools) -> anyhow::Result<Done> {
        match self {
            Self::ExpireLinks => jobs::expire_links::run(tools).await,
            Self::WarnExpiring => jobs::warn_expiring::run(tools).await,
            Self::ArchiveLinks => jobs::archive_links::run(tools).await,
            Self::TrimStreams => jobs::trim_streams::run(tools).await,
            Self::ForgetRuns => jobs::forget_runs::run(tools).await,
            Self::ForgetDeadLetters => jobs::forget_dead_letters::run(tools).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_jobs() {
        assert!(Job::ALL.into_iter().all(|job| Job::named(job.name()) == Some(job)));
        assert_eq!(Job::named("expire"), None);
    }
}
