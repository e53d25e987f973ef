//! Reads a click stream through its consumer group.
//!
//! All owners of a shard read under one consumer name: what an owner was given and did not acknowledge is pending for its
//! successor. It is read first, and from time to time again: an owner that was stopped may have been given entries after its
//! successor had looked.

use std::time::{Duration, Instant};

use curtail_streams::{Entry, EntryId, Group, topology};
use fred::error::Error;

/// The consumer group of this service on every click stream.
pub const GROUP: &str = topology::group::ANALYTICS;

/// The only consumer in the group.
pub const CONSUMER: &str = "owner";

/// The field with the encoded `ClickBatch`.
pub const FIELD: &str = topology::CLICK_BATCH_FIELD;

/// Bytes that one read aims at; the number of entries is what can be asked for.
const READ_BYTES: usize = 4 << 20;

/// Reads one stream during one session.
pub struct Reader<'a> {
    group: &'a mut Group,
    /// Entries that lay idle for so long were forgotten by whoever was given them.
    idle: Duration,
    /// While pending entries are being read: from where on and how long they must have been idle.
    pending: Option<(EntryId, Duration)>,
    pending_again: Instant,
    /// Mean size of the entries of the last read.
    entry_bytes: usize,
}

impl<'a> Reader<'a> {
    /// Begins with everything that is pending. Entries that stay pending for longer than `idle` are read again.
    pub fn new(group: &'a mut Group, idle: Duration) -> Self {
        let pending_again = Instant::now() + idle;
        Self {
            group,
            idle,
            pending: Some((EntryId::ZERO, Duration::ZERO)),
            pending_again,
            entry_bytes: READ_BYTES / 64,
        }
    }

    /// The next entries; none when none came within `block`.
    ///
    /// # Errors
    /// Redis is unavailable.
    pub async fn read(&mut self, block: Duration) -> Result<Vec<Entry>, Error> {
        if self.pending.is_none() && Instant::now() >= self.pending_again {
            self.pending_again = Instant::now() + self.idle;
            self.pending = Some((EntryId::ZERO, self.idle));
        }
        while let Some((after, idle)) = self.pending {
            let (entries, next) = self.group.claim_stale(idle, after).await?;
            self.pending = (next != EntryId::ZERO).then_some((next, idle));
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
        let count = (READ_BYTES / self.entry_bytes).clamp(1, 1_000) as u64;
        let entries = self.group.read(count, block).await?;
        if !entries.is_empty() {
            let bytes: usize = entries.iter().filter_map(|entry| entry.field(FIELD)).map(bytes::Bytes::len).sum();
            self.entry_bytes = (bytes / entries.len()).max(64);
        }
        Ok(entries)
    }

    /// How often the group was missing: Redis lost what it had.
    pub fn losses(&self) -> u64 {
        self.group.recreated()
    }

    /// Sets an entry aside that cannot be understood, so that the rest goes on.
    pub async fn set_aside(&self, entry: &Entry, error: &str) -> Result<(), Error> {
        self.group.dead_letter(entry, "undecodable", error).await
    }
}
