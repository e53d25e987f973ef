//! From the stream `links` into the index: many events with one commit, each acknowledged only after it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_streams::{ENVELOPE_FIELD, Entry, EntryId, Group, is_unavailable, topology};
use prost::Message as _;

use crate::engine::Engine;
use crate::entry::Change;

/// The stream of link events.
pub const STREAM: &str = topology::LINKS;
/// The consumer group of this service.
pub const GROUP: &str = topology::group::SEARCH;

/// The most events of one commit.
const BATCH: u64 = 1_000;
/// How long an event may wait for others to share its commit.
const COMPANY: Duration = Duration::from_millis(100);
/// How long a read waits for news.
const BLOCK: Duration = Duration::from_millis(500);
/// The pause after something that was unavailable; it is short, because someone looks for a new link.
const PAUSE: Duration = Duration::from_millis(250);

/// Keeps the index in step with the stream.
pub struct Feed {
    group: Group,
    engine: Engine,
    clock: Clock,
    max_deliveries: u64,
    claim_idle: Duration,
}

impl Feed {
    /// A consumer of link events for `engine`.
    ///
    /// # Errors
    /// When the URL of Redis does not parse.
    pub async fn new(config: &curtail_config::Config, engine: Engine, clock: Clock) -> anyhow::Result<Self> {
        let pool = curtail_streams::connect(&config.redis).await?;
        let consumer = format!("search {}", config.search.listen);
        Ok(Self {
            group: Group::new(&config.redis, pool, STREAM, GROUP, &consumer)?,
            engine,
            clock,
            max_deliveries: config.streams.max_deliveries,
            claim_idle: Duration::from_millis(config.streams.claim_idle_ms),
        })
    }

    /// Runs until the process drains. What is not acknowledged by then is handed out again.
    ///
    /// # Errors
    /// None: what is unavailable is waited for.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut claim_at = Instant::now() + self.claim_idle;
        while !shutdown.is_draining() {
            if let Err(error) = self.round(&mut claim_at, &shutdown).await {
                tracing::warn!(error = %error, transient = is_unavailable(&error), "the stream of links can not be read");
                shutdown.sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    async fn round(&mut self, claim_at: &mut Instant, shutdown: &Shutdown) -> Result<(), fred::error::Error> {
        if Instant::now() >= *claim_at {
            *claim_at = Instant::now() + self.claim_idle / 2;
            self.take_over(shutdown).await?;
        }
        let (mut entries, new) = self.group.read_marked(BATCH, BLOCK).await?;
        let until = Instant::now() + COMPANY;
        while new && !entries.is_empty() && (entries.len() as u64) < BATCH && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            let (more, also_new) = self.group.read_marked(BATCH - entries.len() as u64, left).await?;
            entries.extend(more);
            if !also_new {
                break;
            }
        }
        self.handle(&entries, new, shutdown).await
    }

    /// Entries that a consumer, perhaps a dead one, has left lying.
    async fn take_over(&mut self, shutdown: &Shutdown) -> Result<(), fred::error::Error> {
        let mut after = EntryId::ZERO;
        loop {
            let (stale, next) = self.group.claim_stale(self.claim_idle, after).await?;
            self.handle(&stale, false, shutdown).await?;
            if next == EntryId::ZERO || shutdown.is_draining() {
                return Ok(());
            }
            after = next;
        }
    }

    /// Applies what the entries say, and acknowledges them.
    async fn handle(&self, entries: &[Entry], new: bool, shutdown: &Shutdown) -> Result<(), fred::error::Error> {
        let (mut batch, mut done) = (Batch::default(), Vec::new());
        for entry in entries {
            if !new && self.group.deliveries(entry.id).await? > self.max_deliveries {
                self.group.dead_letter(entry, "deliveries", "delivered too often without success").await?;
                continue;
            }
            match read(entry) {
                Ok(Some((change, occurred_ms))) => batch.add(entry, change, occurred_ms),
                Ok(None) => done.push(entry.id),
                Err((reason, error)) => self.group.dead_letter(entry, reason, &error).await?,
            }
        }
        if !batch.changes.is_empty() && !self.apply(&mut batch, &mut done, shutdown).await? {
            return Ok(());
        }
        self.group.ack(&done).await
    }

    /// Tries until the engine has taken the batch; `false` when the process drains before.
    async fn apply(
        &self,
        batch: &mut Batch<'_>,
        done: &mut Vec<EntryId>,
        shutdown: &Shutdown,
    ) -> Result<bool, fred::error::Error> {
        let refused = loop {
            match self.engine.apply(batch.changes.values().cloned().collect()).await {
                Ok(refused) => break refused,
                Err(error) => {
                    tracing::warn!(
                        error = format!("{:#}", anyhow::Error::from(error)),
                        events = batch.entries.len(),
                        "waiting"
                    );
                    shutdown.sleep(PAUSE).await;
                    if shutdown.is_draining() {
                        return Ok(false);
                    }
                    let ids: Vec<EntryId> = batch.entries.iter().map(|(entry, _)| entry.id).collect();
                    self.group.keep(&ids).await?;
                }
            }
        };
        let refused: HashMap<i64, String> = refused.into_iter().map(|refused| (refused.id, refused.reason)).collect();
        for (entry, link) in &batch.entries {
            match refused.get(link) {
                Some(reason) => self.group.dead_letter(entry, "poison", reason).await?,
                None => done.push(entry.id),
            }
        }
        metrics::counter!("search_events_total").increment(batch.entries.len() as u64);
        let lag = self.clock.unix_ms() - batch.newest_ms;
        metrics::histogram!("search_searchable_seconds").record(lag.max(0) as f64 / 1e3);
        Ok(true)
    }
}

/// Entries with the newest change of each link: an older one in the same batch would only be overtaken.
#[derive(Default)]
struct Batch<'e> {
    entries: Vec<(&'e Entry, i64)>,
    changes: HashMap<i64, Change>,
    newest_ms: i64,
}

impl<'e> Batch<'e> {
    fn add(&mut self, entry: &'e Entry, change: Change, occurred_ms: i64) {
        self.entries.push((entry, change.id()));
        self.newest_ms = self.newest_ms.max(occurred_ms);
        match self.changes.get(&change.id()) {
            Some(known) if known.version() >= change.version() => {}
            _ => {
                self.changes.insert(change.id(), change);
            }
        }
    }
}

/// What an entry means for the index, and when it happened; nothing when it is of no interest. The error is the reason of a dead
/// letter and a sentence.
fn read(entry: &Entry) -> Result<Option<(Change, i64)>, (&'static str, String)> {
    if entry.fields.is_empty() {
        // Deleted by hand while it was pending.
        return Ok(None);
    }
    let payload = entry.field(ENVELOPE_FIELD).ok_or(("undecodable", "no envelope".to_owned()))?;
    let envelope = Envelope::decode(payload.clone()).map_err(|error| ("undecodable", error.to_string()))?;
    let occurred_ms = envelope.occurred_at.map_or(0, |at| at.seconds * 1_000 + i64::from(at.nanos / 1_000_000));
    let Some(snapshot) = envelope.payload.and_then(Payload::into_snapshot) else { return Ok(None) };
    let link = snapshot.and_then(|snapshot| snapshot.link).ok_or(("poison", "an event without its link".to_owned()))?;
    let change = Change::of(link).map_err(|error| ("poison", error.to_string()))?;
    Ok(Some((change, occurred_ms)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use curtail_proto::events::v1::{LinkCreated, LinkSnapshot};
    use curtail_proto::links::v1::Link;

    use super::*;

    fn entry(payload: &[u8]) -> Entry {
        Entry { id: EntryId::ZERO, fields: vec![(Bytes::from_static(b"e"), Bytes::copy_from_slice(payload))] }
    }

    fn created(link: Option<Link>) -> Entry {
        let snapshot = link.map(|link| LinkSnapshot { link: Some(link), target: None });
        let payload = Some(Payload::LinkCreated(LinkCreated { snapshot }));
        entry(&Envelope { payload, ..Envelope::default() }.encode_to_vec())
    }

    #[test]
    fn what_can_not_be_read_is_told_apart() {
        assert_eq!(read(&entry(b"\xff\xff")).unwrap_err().0, "undecodable");
        assert_eq!(
            read(&Entry { id: EntryId::ZERO, fields: vec![(Bytes::new(), Bytes::new())] }).unwrap_err().0,
            "undecodable"
        );
        assert_eq!(read(&created(None)).unwrap_err().0, "poison");
        assert_eq!(read(&created(Some(Link::default()))).unwrap_err().0, "poison");
        assert_eq!(read(&entry(&Envelope::default().encode_to_vec())), Ok(None), "an event of a later version");
    }

    #[test]
    fn of_several_changes_of_a_link_the_newest_is_applied() {
        let change = |version| Change::Remove { id: 1, version };
        let one = entry(b"");
        let mut batch = Batch::default();
        for version in [2, 3, 1] {
            batch.add(&one, change(version), version);
        }
        assert_eq!((batch.entries.len(), batch.changes[&1].version(), batch.newest_ms), (3, 3, 3));
    }
}
