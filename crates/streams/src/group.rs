//! Membership in a consumer group.

use std::time::Duration;

use fred::clients::{Client, Pool};
use fred::error::Error;
use fred::interfaces::{ClientLike as _, StreamsInterface as _};
use fred::types::Value;
use fred::types::config::Options;
use fred::types::streams::XID;

use crate::topology::TO_FIELD;
use crate::{Entry, EntryId, connect, dead_letter, entry};

/// The most entries that one claim takes over.
const CLAIM_COUNT: u64 = 100;

/// One consumer of a consumer group, with a connection of its own for reads that block.
///
/// Consumer names should be stable (`analytics-0`), not new for each process: Redis never forgets a name by itself, and a
/// process that comes back under its old name goes on with what it had not acknowledged.
pub struct Group {
    reader: Client,
    pool: Pool,
    command_timeout: Duration,
    stream: String,
    group: String,
    consumer: String,
    /// Where reading of our own unacknowledged entries stands; `None`: only new ones are read.
    history: Option<EntryId>,
    /// How often the group was missing and was created again.
    recreated: u64,
}

impl Group {
    /// Prepares a consumer; the group is made when it is missing, from the stream's beginning.
    ///
    /// # Errors
    /// When the URL does not parse. Redis itself may be unavailable.
    pub fn new(
        config: &curtail_config::Redis,
        pool: Pool,
        stream: &str,
        group: &str,
        consumer: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            reader: connect::dedicated(config)?,
            pool,
            command_timeout: Duration::from_millis(config.command_timeout_ms),
            stream: stream.into(),
            group: group.into(),
            consumer: consumer.into(),
            history: Some(EntryId::ZERO),
            recreated: 0,
        })
    }

    /// The stream it reads.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// The group it belongs to.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// How often the group was found missing. It grows when Redis lost the stream, the first creation included.
    pub fn recreated(&self) -> u64 {
        self.recreated
    }

    /// Makes the group if it is missing, so that it gets all that the stream still has.
    pub async fn ensure(&self) -> Result<(), Error> {
        match self.pool.xgroup_create::<(), _, _, _>(&self.stream, &self.group, "0", true).await {
            Err(error) if error.details().starts_with("BUSYGROUP") => Ok(()),
            result => result,
        }
    }

    /// The next entries, at most `count`; none when nothing came within `block`.
    ///
    /// Begins with what this consumer read before and did not acknowledge: after a start, and after a read that failed
    /// (Redis may have handed out entries whose answer never arrived). A group that is missing is made again.
    pub async fn read(&mut self, count: u64, block: Duration) -> Result<Vec<Entry>, Error> {
        Ok(self.read_marked(count, block).await?.0)
    }

    /// As [`Group::read`]; also says whether the entries are new, that is delivered for the first time.
    pub async fn read_marked(&mut self, count: u64, block: Duration) -> Result<(Vec<Entry>, bool), Error> {
        let result = self.read_on(count, block).await;
        let Err(error) = &result else { return result };
        self.history = Some(EntryId::ZERO);
        if !error.details().starts_with("NOGROUP") {
            return result;
        }
        tracing::info!(stream = self.stream, group = self.group, "the group was missing and is made");
        self.recreated += 1;
        self.ensure().await?;
        self.read_on(count, block).await
    }

    async fn read_on(&mut self, count: u64, block: Duration) -> Result<(Vec<Entry>, bool), Error> {
        if let Some(after) = self.history {
            let pending = self.read_from(count, None, after.into()).await?;
            self.history = pending.last().map(|entry| entry.id);
            if !pending.is_empty() {
                return Ok((self.ours(pending).await?, false));
            }
        }
        let new = self.read_from(count, Some(block), XID::NewInGroup).await?;
        Ok((self.ours(new).await?, true))
    }

    /// Acknowledges the entries that are meant for other groups and leaves the rest.
    async fn ours(&self, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
        let mut others = Vec::new();
        entries.retain(|entry| {
            let ours = entry.field(TO_FIELD).is_none_or(|group| group == self.group.as_bytes());
            if !ours {
                others.push(entry.id);
            }
            ours
        });
        self.ack(&others).await?;
        Ok(entries)
    }

    async fn read_from(&self, count: u64, block: Option<Duration>, from: XID) -> Result<Vec<Entry>, Error> {
        // BLOCK 0 would wait for ever.
        let block = block.map(|block| block.max(Duration::from_millis(1)));
        let timeout = self.command_timeout + block.unwrap_or_default();
        let options = Options { timeout: Some(timeout), fail_fast: false, ..Options::default() };
        let block_ms = block.map(|block| u64::try_from(block.as_millis()).unwrap_or(u64::MAX));
        let answer: Value = self
            .reader
            .with_options(&options)
            .xreadgroup(&self.group, &self.consumer, Some(count), block_ms, false, &self.stream, from)
            .await?;
        entry::of_read(answer)
    }

    /// Acknowledges entries: they are done and never come again.
    pub async fn ack(&self, ids: &[EntryId]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = ids.iter().map(EntryId::to_string).collect();
        self.pool.xack(&self.stream, &self.group, ids).await
    }

    /// Takes over entries that their consumer has neither acknowledged nor touched for `min_idle`, from `after` on (begin
    /// with [`EntryId::ZERO`]). Returns them with the place to go on from; back at zero all were seen.
    pub async fn claim_stale(&self, min_idle: Duration, after: EntryId) -> Result<(Vec<Entry>, EntryId), Error> {
        let idle = u64::try_from(min_idle.as_millis()).unwrap_or(u64::MAX);
        let claim: Result<Value, Error> = self
            .pool
            .xautoclaim(&self.stream, &self.group, &self.consumer, idle, after, Some(CLAIM_COUNT), false)
            .await;
        let (next, entries): (String, Value) = match claim {
            // Without a group there is nothing to take over; the next read makes it.
            Err(error) if error.details().starts_with("NOGROUP") => return Ok((Vec::new(), EntryId::ZERO)),
            Err(error) => return Err(error),
            // [cursor, entries, ids of deleted ones (already gone from the list of pending ones)]
            Ok(Value::Array(mut parts)) if parts.len() >= 2 => {
                parts.truncate(2);
                Value::Array(parts).convert()?
            }
            Ok(_) => return Ok((Vec::new(), EntryId::ZERO)),
        };
        Ok((self.ours(entry::of_list(entries)?).await?, next.parse()?))
    }

    /// Says that entries are still being worked on, so that no one takes them over. Does not count as a delivery.
    pub async fn keep(&self, ids: &[EntryId]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<XID> = ids.iter().map(|id| XID::from(*id)).collect();
        let _: Value =
            self.pool.xclaim(&self.stream, &self.group, &self.consumer, 0, ids, None, None, None, false, true).await?;
        Ok(())
    }

    /// How often an entry was handed to a consumer; 0 when it is not pending.
    pub async fn deliveries(&self, id: EntryId) -> Result<u64, Error> {
        let pending: Vec<(String, String, u64, u64)> =
            self.pool.xpending(&self.stream, &self.group, (id, id, 1)).await?;
        Ok(pending.first().map_or(0, |(_, _, _, deliveries)| *deliveries))
    }

    /// Moves an entry to the dead-letter stream and acknowledges it, in one step. `reason` is a short word for metrics,
    /// `error` what an operator reads.
    pub async fn dead_letter(&self, entry: &Entry, reason: &str, error: &str) -> Result<(), Error> {
        let attempts = self.deliveries(entry.id).await?;
        dead_letter::bury(&self.pool, &self.stream, &self.group, entry, reason, error, attempts).await?;
        metrics::counter!("stream_dead_letters_total", "stream" => self.stream.clone(), "group" => self.group.clone(), "reason" => reason.to_owned())
            .increment(1);
        tracing::error!(stream = self.stream, group = self.group, entry = %entry.id, reason, error, attempts, "dead letter");
        Ok(())
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }
}
