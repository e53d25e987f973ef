//! When sessions were last seen and keys last used: noted in memory, written in batches.
//!
//! A few seconds may be lost when the process is killed. That is the price for not writing a row on every request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::store::{api_keys, sessions};

/// How often what was noted is written.
pub const WRITE_EVERY: Duration = Duration::from_secs(5);
/// Sessions and keys noted at the most; beyond that new ones are left out until the next write.
const CAPACITY: usize = 50_000;

/// What was used since the last write.
#[derive(Debug, Default)]
pub struct Activity {
    sessions: Noted,
    keys: Noted,
}

#[derive(Debug, Default)]
struct Noted(Mutex<HashMap<i64, OffsetDateTime>>);

impl Activity {
    /// A session's access token was shown.
    pub fn session_seen(&self, id: i64, now: OffsetDateTime) {
        self.sessions.note(id, now);
    }

    /// An API key was shown.
    pub fn key_used(&self, id: i64, now: OffsetDateTime) {
        self.keys.note(id, now);
    }

    /// Writes what was noted. What could not be written is lost: a later use will be written in its place.
    pub async fn write(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let (ids, times) = self.sessions.drain();
        if !ids.is_empty() {
            sessions::touch(pool, &ids, &times).await?;
        }
        let (ids, times) = self.keys.drain();
        if !ids.is_empty() {
            api_keys::touch(pool, &ids, &times).await?;
        }
        Ok(())
    }
}

impl Noted {
    fn note(&self, id: i64, now: OffsetDateTime) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() < CAPACITY || noted.contains_key(&id) {
            noted.insert(id, now);
        } else {
            metrics::counter!("auth_activity_dropped_total").increment(1);
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
        let noted = Noted::default();
        let at = OffsetDateTime::UNIX_EPOCH;
        for id in 0..CAPACITY as i64 + 1 {
            noted.note(id, at);
        }
        noted.note(0, at + time::Duration::SECOND);
        let (ids, times) = noted.drain();
        assert_eq!(ids.len(), CAPACITY);
        assert_eq!(times.iter().filter(|time| **time > at).count(), 1);
        assert!(noted.drain().0.is_empty());
    }
}
