//! Handling the events of a stream, each at least once.

use std::time::{Duration, Instant};

use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use fred::error::Error;
use prost::Message as _;

use crate::{ENVELOPE_FIELD, Entry, EntryId, Group, is_unavailable, lag};

/// How many entries are read at once.
const COUNT: u64 = 64;

/// How long a read waits for news. Also how late the end of the process may be noticed.
const BLOCK: Duration = Duration::from_millis(500);

/// How often lag is measured.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// The longest pause before something that is unavailable is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A handler that takes longer waits for something of which nothing will ever be heard, and starts over.
const LONGEST: Duration = Duration::from_secs(600);

/// An event as the handler gets it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The entry that carried it.
    pub id: EntryId,
    /// The event. The same `event_id` may come again.
    pub envelope: Envelope,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its effect is committed.
    Done,
    /// Something it needs is unavailable (say what). It is tried again after a pause, as long as it takes; nothing behind it
    /// overtakes it, and the tries are not counted.
    Retry(String),
    /// It failed in a way that may be its own fault. It is handed out again after `streams.claim_idle_ms`, others go on
    /// meanwhile; after `streams.max_deliveries` it becomes a dead letter.
    Failed(String),
    /// It can never be handled: a dead letter at once.
    Poison(String),
}

/// Handles the events of one stream as a member of a consumer group.
pub struct Consumer {
    group: Group,
    max_deliveries: u64,
    claim_idle: Duration,
}

impl Consumer {
    /// A consumer that works on `stream` for `group`. See [`Group`] for the name.
    ///
    /// # Errors
    /// When the URL does not parse. Redis itself may be unavailable.
    pub async fn new(
        redis: &curtail_config::Redis,
        stream: &str,
        group: &str,
        consumer: &str,
        settings: &curtail_config::Streams,
    ) -> Result<Self, Error> {
        let pool = crate::connect(redis).await?;
        Ok(Self {
            group: Group::new(redis, pool, stream, group, consumer)?,
            max_deliveries: settings.max_deliveries,
            claim_idle: Duration::from_millis(settings.claim_idle_ms),
        })
    }

    /// Calls `handler` for one event after the other until the process drains. What is not acknowledged by then is handed
    /// out again, here or elsewhere.
    ///
    /// The handler must bear an event that it has seen before.
    pub async fn run<H, F>(mut self, mut handler: H, shutdown: Shutdown) -> anyhow::Result<()>
    where
        H: FnMut(Delivery) -> F + Send,
        F: Future<Output = Outcome> + Send,
    {
        let (mut claim_at, mut report_at) = (Instant::now() + self.claim_idle, Instant::now());
        let mut pause = Pause::default();
        while !shutdown.is_draining() {
            let round = async {
                if Instant::now() >= report_at {
                    report_at = Instant::now() + REPORT_EVERY;
                    lag::report(self.group.pool(), self.group.stream(), self.group.group()).await?;
                }
                if Instant::now() >= claim_at {
                    claim_at = Instant::now() + self.claim_idle / 2;
                    self.take_over(&mut handler, &shutdown).await?;
                }
                let (entries, new) = self.group.read_marked(COUNT, BLOCK).await?;
                self.handle_all(&entries, new, &mut handler, &shutdown).await
            };
            match round.await {
                Ok(()) => pause = Pause::default(),
                Err(error) => {
                    tracing::warn!(stream = self.group.stream(), error = %error, transient = is_unavailable(&error), "consumer");
                    pause.wait(&shutdown).await;
                }
            }
        }
        Ok(())
    }

    /// Entries that a consumer, perhaps a dead one, has left lying.
    async fn take_over<H, F>(&self, handler: &mut H, shutdown: &Shutdown) -> Result<(), Error>
    where
        H: FnMut(Delivery) -> F + Send,
        F: Future<Output = Outcome> + Send,
    {
        let mut after = EntryId::ZERO;
        loop {
            let (stale, next) = self.group.claim_stale(self.claim_idle, after).await?;
            self.handle_all(&stale, false, handler, shutdown).await?;
            if next == EntryId::ZERO || shutdown.is_draining() {
                return Ok(());
            }
            after = next;
        }
    }

    async fn handle_all<H, F>(
        &self,
        entries: &[Entry],
        new: bool,
        handler: &mut H,
        shutdown: &Shutdown,
    ) -> Result<(), Error>
    where
        H: FnMut(Delivery) -> F + Send,
        F: Future<Output = Outcome> + Send,
    {
        let mut kept_at = Instant::now();
        for (n, entry) in entries.iter().enumerate() {
            if shutdown.is_draining() {
                return Ok(());
            }
            if kept_at.elapsed() > self.claim_idle / 3 {
                kept_at = Instant::now();
                self.keep(&entries[n..]).await?;
            }
            // A delivery that ended the process left no trace but its number: look before trying once more.
            let deliveries = if new { 1 } else { self.group.deliveries(entry.id).await? };
            if entry.fields.is_empty() {
                // Deleted by hand while it was pending.
                self.group.ack(&[entry.id]).await?;
            } else if deliveries > self.max_deliveries {
                self.group.dead_letter(entry, "deliveries", "delivered too often without success").await?;
            } else {
                self.handle(entry, deliveries, &entries[n..], handler, shutdown).await?;
            }
        }
        Ok(())
    }

    async fn handle<H, F>(
        &self,
        entry: &Entry,
        deliveries: u64,
        waiting: &[Entry],
        handler: &mut H,
        shutdown: &Shutdown,
    ) -> Result<(), Error>
    where
        H: FnMut(Delivery) -> F + Send,
        F: Future<Output = Outcome> + Send,
    {
        let envelope = match entry.field(ENVELOPE_FIELD).map(|payload| Envelope::decode(payload.clone())) {
            Some(Ok(envelope)) => envelope,
            Some(Err(error)) => return self.group.dead_letter(entry, "undecodable", &error.to_string()).await,
            None => return self.group.dead_letter(entry, "undecodable", "no envelope").await,
        };
        let mut pause = Pause::default();
        loop {
            let handled = handler(Delivery { id: entry.id, envelope: envelope.clone() });
            let late = |_| Outcome::Retry("nothing was heard for too long".into());
            match tokio::time::timeout(LONGEST, handled).await.unwrap_or_else(late) {
                Outcome::Done => return self.group.ack(&[entry.id]).await,
                Outcome::Poison(error) => return self.group.dead_letter(entry, "poison", &error).await,
                Outcome::Failed(error) if deliveries >= self.max_deliveries => {
                    return self.group.dead_letter(entry, "deliveries", &error).await;
                }
                Outcome::Failed(error) => {
                    tracing::warn!(stream = self.group.stream(), entry = %entry.id, deliveries, error, "failed");
                    return Ok(());
                }
                Outcome::Retry(what) => {
                    tracing::warn!(stream = self.group.stream(), entry = %entry.id, what, "waiting");
                    pause.wait(shutdown).await;
                    if shutdown.is_draining() {
                        return Ok(());
                    }
                    // Redis may be what is unavailable; then no one else can take over either.
                    let _ = self.keep(waiting).await;
                }
            }
        }
    }

    async fn keep(&self, entries: &[Entry]) -> Result<(), Error> {
        let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
        self.group.keep(&ids).await
    }
}

/// A pause that doubles.
#[derive(Default)]
pub(crate) struct Pause {
    last: Duration,
}

impl Pause {
    /// Waits, or returns at once when the process drains.
    pub(crate) async fn wait(&mut self, shutdown: &Shutdown) {
        self.last = (self.last * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE);
        shutdown.sleep(self.last).await;
    }
}
