//! Leaving a server alone that is unavailable.

use std::time::{Duration, Instant};

/// The pauses while the server is unavailable: the first, and the longest.
const AWAY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Whether the server was there for a try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) there: bool,
    pub(super) began: Instant,
}

/// How long nothing is sent because the server is unavailable.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) pause: Duration,
    since: Option<Instant>,
}

impl Rest {
    /// Notes a try. Those that began before the rest fail for the reason that is known already.
    pub(super) fn note(&mut self, seen: Seen) {
        if seen.there {
            *self = Self::default();
        } else if self.since.is_none_or(|since| seen.began > since) {
            self.pause = (self.pause * 2).clamp(AWAY.0, AWAY.1);
            self.since = Some(Instant::now());
        }
    }
}
