//! When sessions and API keys were last used: uses in memory, written in batches by the maintenance tasks.
//!
//! A few seconds may be lost when the process is killed. That is the price for not writing a row on every request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

/// Sessions and keys uses at the most; beyond that new ones are left out until the next write.
const CAPACITY: usize = 50_000;

/// What was used since the last write.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    sessions: LastUses,
    keys: LastUses,
}

#[derive(Debug, Default)]
struct LastUses(Mutex<HashMap<i64, OffsetDateTime>>);

impl Activity {
    /// A session's access token was shown.
    pub(crate) fn session_seen(&self, id: i64, now: OffsetDateTime) {
        self.sessions.note(id, now);
    }

    /// An API key was shown.
    pub(crate) fn key_used(&self, id: i64, now: OffsetDateTime) {
        self.keys.note(id, now);
    }

    /// Takes what was uses of sessions: ids and times.
    pub(crate) fn take_sessions(&self) -> (Vec<i64>, Vec<OffsetDateTime>) {
        self.sessions.drain()
    }

    /// Takes what was uses of API keys: ids and times.
    pub(crate) fn take_keys(&self) -> (Vec<i64>, Vec<OffsetDateTime>) {
        self.keys.drain()
    }
}

impl LastUses {
    fn note(&self, id: i64, now: OffsetDateTime) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.len() < CAPACITY || uses.contains_key(&id) {
            uses.insert(id, now);
        } else {
            crate::metrics::record_dropped_activity();
        }
    }

    fn drain(&self) -> (Vec<i64>, Vec<OffsetDateTime>) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded_and_the_latest_wins() {
        let uses = LastUses::default();
        let at = OffsetDateTime::UNIX_EPOCH;
        for id in 0..CAPACITY as i64 + 1 {
            uses.note(id, at);
        }
        uses.note(0, at + time::Duration::SECOND);
        let (ids, times) = uses.drain();
        assert_eq!(ids.len(), CAPACITY);
        assert_eq!(times.iter().filter(|time| **time > at).count(), 1);
        assert!(uses.drain().0.is_empty());
    }
}
