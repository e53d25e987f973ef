//! Publishing the outbox of a service.
//!
//! Every replica of a service runs a relay, one of them is active: it holds an advisory lock of PostgreSQL. It gives each
//! event an entry id that it chooses itself, larger than all before, and remembers it with the event. So it can tell at
//! any time what the stream should hold: when the last id of the stream is smaller than the last it published, Redis has
//! lost entries, and it publishes them again under the same ids. Whoever read them already is not disturbed.
//!
//! A crash between publishing and remembering publishes those events twice; consumers know them by `event_id`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use curtail_clock::Clock;
use curtail_db::outbox::{self, Row};
use curtail_lifecycle::Shutdown;
use fred::clients::Pool;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::sync::Notify;

use crate::{EntryId, consumer::Pause, publish, trim_behind_groups};

/// How many events are published at once.
const BATCH: i64 = 256;

/// The least time between two looks at the outbox: under load, events go in company, which costs both stores less.
const COMPANY: Duration = Duration::from_millis(10);

/// How often the outbox is looked at when no one wakes the relay.
const POLL: Duration = Duration::from_millis(200);

/// How often streams are checked for lost entries while there is nothing to publish.
const VERIFY_EVERY: Duration = Duration::from_secs(1);

/// How often old rows are deleted, and how many at once.
const CLEAN_EVERY: Duration = Duration::from_secs(60);
const CLEAN_BATCH: i64 = 5_000;

/// No step takes so long while both stores can be reached: statements and commands have limits of their own.
const STEP: Duration = Duration::from_secs(15);

/// How often a standby tries to become active.
const STANDBY_POLL: Duration = Duration::from_secs(1);

/// Publishes what a service wrote to its outbox.
pub struct Relay {
    database: PgPool,
    redis: Pool,
    clock: Clock,
    schema: String,
    trim_every: Duration,
    keep: Duration,
    retention: Duration,
    wake: Arc<Notify>,
}

/// Wakes a relay, so that an event does not wait for the next look at the outbox.
#[derive(Clone, Debug)]
pub struct RelayHandle {
    wake: Arc<Notify>,
}

impl RelayHandle {
    /// Call it after a commit that wrote to the outbox. Costs next to nothing.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Relay {
    /// A relay for the outbox in `schema`, which is also the schema of `database`.
    pub fn new(database: PgPool, redis: Pool, clock: Clock, settings: &curtail_config::Streams, schema: &str) -> Self {
        Self {
            database,
            redis,
            clock,
            schema: schema.into(),
            trim_every: Duration::from_millis(settings.trim_interval_ms),
            keep: Duration::from_secs(settings.keep_seconds),
            retention: Duration::from_secs(settings.outbox_retention_hours * 3600),
            wake: Arc::new(Notify::new()),
        }
    }

    /// What services call after a commit.
    pub fn handle(&self) -> RelayHandle {
        RelayHandle { wake: Arc::clone(&self.wake) }
    }

    /// Publishes until the process drains. While PostgreSQL or Redis is unavailable, events wait in the outbox.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut pause = Pause::default();
        while !shutdown.is_draining() {
            if let Err(error) = self.lead(&shutdown, &mut pause).await {
                tracing::warn!(schema = self.schema, error = format!("{error:#}"), "the relay starts over");
                pause.wait(&shutdown).await;
            }
        }
        Ok(())
    }

    /// Becomes active and publishes until something fails.
    async fn lead(&self, shutdown: &Shutdown, pause: &mut Pause) -> anyhow::Result<()> {
        let Some(connection) = self.become_active(shutdown).await? else { return Ok(()) };
        let mut active = Active { relay: self, connection, last: BTreeMap::new() };
        in_time(active.load()).await?;
        let (mut verify_at, mut trim_at, mut clean_at) = (Instant::now(), Instant::now(), Instant::now());
        loop {
            let looked_at = Instant::now();
            while in_time(active.publish_batch()).await? {}
            *pause = Pause::default();
            if due(&mut verify_at, VERIFY_EVERY) {
                in_time(active.verify()).await?;
            }
            if due(&mut trim_at, self.trim_every) {
                in_time(active.trim()).await?;
            }
            if due(&mut clean_at, CLEAN_EVERY) {
                in_time(active.clean()).await?;
            }
            tokio::select! {
                () = shutdown.draining() => break,
                () = self.wake.notified() => {
                    tokio::time::sleep(COMPANY.saturating_sub(looked_at.elapsed())).await;
                }
                () = tokio::time::sleep(POLL) => {}
            }
        }
        // What the last requests wrote should not wait for the next start.
        while in_time(active.publish_batch()).await? {}
        active.connection.close().await?;
        Ok(())
    }

    /// Waits for the lock. It belongs to the connection, so a relay that lost its connection is no longer active.
    async fn become_active(&self, shutdown: &Shutdown) -> anyhow::Result<Option<PgConnection>> {
        // A plan is made while the outbox is empty and kept when it is large: only the index is right at both times.
        let options = (*self.database.connect_options()).clone().options([("enable_seqscan", "off")]);
        let mut connection = in_time(async { Ok(PgConnection::connect_with(&options).await?) }).await?;
        loop {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('relay ' || $1, 0))");
            let lock = lock.bind(&self.schema);
            let ours: bool = in_time(async { Ok(lock.fetch_one(&mut connection).await?) }).await?;
            if ours {
                return Ok(Some(connection));
            }
            tokio::select! {
                () = shutdown.draining() => return Ok(None),
                () = tokio::time::sleep(STANDBY_POLL) => {}
            }
        }
    }
}

/// Does one step, unless PostgreSQL or Redis is gone without a word: then nothing would ever be heard on that connection.
async fn in_time<T>(step: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::time::timeout(STEP, step).await.context("nothing is heard of PostgreSQL or Redis")?
}

fn due(at: &mut Instant, every: Duration) -> bool {
    let due = Instant::now() >= *at;
    if due {
        *at = Instant::now() + every;
    }
    due
}

/// The one relay of a schema that publishes.
struct Active<'a> {
    relay: &'a Relay,
    connection: PgConnection,
    /// The last id that each stream should have given out.
    last: BTreeMap<String, EntryId>,
}

impl Active<'_> {
    async fn load(&mut self) -> anyhow::Result<()> {
        for (stream, entry) in outbox::last_entries(&mut self.connection).await? {
            self.last.insert(stream, id(entry));
        }
        Ok(())
    }

    /// Publishes the oldest events; `true` when there may be more.
    async fn publish_batch(&mut self) -> anyhow::Result<bool> {
        let rows = outbox::unpublished(&mut self.connection, BATCH).await?;
        let more = i64::try_from(rows.len()) == Ok(BATCH);
        let mut streams: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows {
            streams.entry(row.stream.clone()).or_default().push(row);
        }
        for (stream, rows) in streams {
            self.publish_rows(&stream, rows).await?;
        }
        Ok(more)
    }

    async fn publish_rows(&mut self, stream: &str, rows: Vec<Row>) -> anyhow::Result<()> {
        loop {
            let expected = self.last.get(stream).copied().unwrap_or_default();
            let now_ms = u64::try_from(self.relay.clock.unix_ms()).unwrap_or_default();
            let first = now_ms.max(expected.ms + 1);
            let numbers = first..first + rows.len() as u64;
            let entries: Vec<(EntryId, Bytes)> = numbers
                .map(|ms| EntryId { ms, number: 0 })
                .zip(rows.iter().map(|row| Bytes::copy_from_slice(&row.payload)))
                .collect();
            let goal = entries.last().map_or(expected, |(id, _)| *id);
            let actual = publish::publish(self.relay.redis.next(), stream, expected, &entries).await?;
            if actual != goal {
                self.reconcile(stream, expected, actual).await?;
                continue;
            }
            self.last.insert(stream.to_owned(), goal);
            let marks: Vec<(i64, i64)> =
                rows.iter().zip(&entries).map(|(row, (id, _))| (row.seq, id.ms as i64)).collect();
            outbox::mark_published(&mut self.connection, &marks, self.relay.clock.now()).await?;
            metrics::counter!("outbox_published_total", "stream" => stream.to_owned()).increment(marks.len() as u64);
            return Ok(());
        }
    }

    /// Looks whether the streams still hold what was published.
    async fn verify(&mut self) -> anyhow::Result<()> {
        for (stream, expected) in self.last.clone() {
            let actual = publish::publish(self.relay.redis.next(), &stream, expected, &[]).await?;
            if actual != expected {
                self.reconcile(&stream, expected, actual).await?;
            }
        }
        Ok(())
    }

    /// A stream does not end where it should. Behind: entries were lost and are published again under their old ids.
    /// Ahead: someone else added entries, or we did and crashed before remembering it; go on after them.
    async fn reconcile(&mut self, stream: &str, expected: EntryId, mut actual: EntryId) -> anyhow::Result<()> {
        let mut again = 0_u64;
        while actual < expected {
            let after = i64::try_from(actual.ms).unwrap_or(i64::MAX);
            let rows = outbox::published_after(&mut self.connection, stream, after, BATCH).await?;
            let entries: Vec<(EntryId, Bytes)> = rows
                .into_iter()
                .filter_map(|row| Some((id(row.entry?), Bytes::from(row.payload))))
                .filter(|(id, _)| *id > actual)
                .collect();
            // Older events than the outbox keeps are gone; every consumer has had a day to read them.
            let Some((goal, _)) = entries.last() else { break };
            let reached = publish::publish(self.relay.redis.next(), stream, actual, &entries).await?;
            if reached == *goal {
                again += entries.len() as u64;
            }
            actual = reached;
        }
        tracing::warn!(stream, again, %expected, %actual, "the stream did not end where it should");
        metrics::counter!("outbox_republished_total", "stream" => stream.to_owned()).increment(again);
        self.last.insert(stream.to_owned(), actual);
        Ok(())
    }

    async fn trim(&mut self) -> anyhow::Result<()> {
        for stream in self.last.keys() {
            trim_behind_groups(&self.relay.redis, stream, self.relay.keep).await?;
        }
        Ok(())
    }

    async fn clean(&mut self) -> anyhow::Result<()> {
        let before = self.relay.clock.now() - self.relay.retention;
        while outbox::delete_published(&mut self.connection, before, CLEAN_BATCH).await? == CLEAN_BATCH as u64 {}
        Ok(())
    }
}

fn id(entry: i64) -> EntryId {
    EntryId { ms: u64::try_from(entry).unwrap_or_default(), number: 0 }
}
