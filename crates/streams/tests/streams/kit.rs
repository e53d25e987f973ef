//! What the tests of this crate share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_db::outbox;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use curtail_streams::{Delivery, ENVELOPE_FIELD, EntryId, Relay, RelayHandle};
use fred::clients::Pool;
use fred::interfaces::StreamsInterface as _;
use prost::Message as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use tokio::task::JoinHandle;

static MIGRATOR: Migrator = sqlx::migrate!("tests/migrations");

/// Longer than anything here takes.
pub const SOON: Duration = Duration::from_secs(20);

/// Settings with which a fault is noticed quickly.
pub fn settings() -> curtail_config::Streams {
    let mut settings = Config::for_tests().streams;
    settings.claim_idle_ms = 300;
    settings.max_deliveries = 3;
    settings.trim_interval_ms = 100;
    settings
}

/// An event that is known by its number.
pub fn event(n: i64) -> Envelope {
    Envelope { event_id: vec![0; 16], workspace_id: n, ..Envelope::default() }
}

/// Puts an event on a stream without an outbox.
pub async fn add(redis: &Pool, stream: &str, n: i64) -> EntryId {
    add_raw(redis, stream, event(n).encode_to_vec()).await
}

/// Puts a payload that need not be an event on a stream.
pub async fn add_raw(redis: &Pool, stream: &str, payload: Vec<u8>) -> EntryId {
    let fields = vec![(ENVELOPE_FIELD, Bytes::from(payload))];
    curtail_streams::append(redis, stream, fields).await.expect("an entry is added")
}

/// The numbers of the events on a stream.
pub async fn numbers(redis: &Pool, stream: &str) -> Vec<i64> {
    entries(redis, stream).await.into_iter().map(|(_, n)| n).collect()
}

/// Ids and numbers of the events on a stream.
pub async fn entries(redis: &Pool, stream: &str) -> Vec<(String, i64)> {
    let list: Vec<(String, HashMap<String, Bytes>)> =
        redis.xrange_values(stream, "-", "+", None).await.unwrap_or_default();
    let decode = |payload: &Bytes| Envelope::decode(payload.clone()).map_or(-1, |event| event.workspace_id);
    list.into_iter().map(|(id, fields)| (id, fields.get(ENVELOPE_FIELD).map_or(-1, decode))).collect()
}

/// A list that a handler writes and the test reads.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<i64>>>);

impl Seen {
    pub fn note(&self, delivery: &Delivery) {
        self.0.lock().expect("not poisoned").push(delivery.envelope.workspace_id);
    }

    pub fn all(&self) -> Vec<i64> {
        self.0.lock().expect("not poisoned").clone()
    }

    pub async fn becomes(&self, expected: &[i64]) {
        let what = format!("the handler sees {expected:?}");
        curtail_testkit::until(async || self.all() == expected, SOON, &what).await;
    }
}

/// A service's outbox with a relay that publishes it.
pub struct Publishing {
    pub database: PgPool,
    pub handle: RelayHandle,
    pub shutdown: Shutdown,
    pub running: JoinHandle<anyhow::Result<()>>,
}

impl Publishing {
    pub async fn start(redis: &Pool) -> Self {
        let config = curtail_testkit::database().await;
        curtail_db::migrate(&config, "links", &MIGRATOR).await.expect("the outbox is made");
        Self::start_on(curtail_db::connect(&config, "links").await.expect("the URL parses"), redis)
    }

    pub fn start_on(database: PgPool, redis: &Pool) -> Self {
        let relay = Relay::new(database.clone(), redis.clone(), Clock::system(), &settings(), "links");
        let (handle, shutdown) = (relay.handle(), Shutdown::new());
        Self { database, handle, running: tokio::spawn(relay.run(shutdown.clone())), shutdown }
    }

    pub async fn write(&self, numbers: impl IntoIterator<Item = i64>) {
        let events: Vec<Envelope> = numbers.into_iter().map(event).collect();
        let mut tx = self.database.begin().await.expect("a transaction");
        outbox::append_all(&mut tx, "links", &events).await.expect("events are written");
        tx.commit().await.expect("a commit");
        self.handle.wake();
    }

    pub async fn stop(self) -> PgPool {
        self.shutdown.begin();
        self.running.await.expect("no panic").expect("no failure");
        self.database
    }
}
