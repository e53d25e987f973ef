//! One owner for each shard, whatever becomes of the others. Here the service is a process of its own.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use curtail_config::Config;
use curtail_testkit::until;
use sqlx::PgPool;

use super::publish::{Dice, Producer, expected, publish, traffic};
use super::world::WORKSPACE;

const PATIENCE: Duration = Duration::from_secs(60);

/// An analytics-svc that ends with the test.
struct Process(Child);

impl Process {
    fn start(config: &Config) -> Self {
        let (program, arguments) = curtail_testkit::test_as_program("owners::analytics");
        let child = Command::new(program)
            .args(arguments)
            .env("DATABASE_URL", config.database.url.expose())
            .env("REDIS_URL", config.redis.url.expose())
            .env("CURTAIL_RPC__SERVICE_KEY", "11".repeat(32))
            .env("CURTAIL_AUTH__MASTER_KEY", "22".repeat(32))
            .env("CURTAIL_REDIRECTOR__VISITOR_KEY", "33".repeat(32))
            .env("CURTAIL_ANALYTICS__LISTEN", "127.0.0.1:0")
            .env("CURTAIL_ANALYTICS__ADMIN_LISTEN", "127.0.0.1:0")
            .env("CURTAIL_ANALYTICS__SHARD_LEASE_MS", "1000")
            .env("CURTAIL_STREAMS__CLICK_SHARDS", "1")
            .env("CURTAIL_TELEMETRY__LOG_FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([format!("-{name}"), self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the other tests start and stop"]
async fn analytics() {
    let config = Config::load().unwrap();
    let shutdown = curtail_lifecycle::Shutdown::from_signals(&config.lifecycle);
    analytics_svc::start(config, curtail_service::Deps::system(), shutdown).await.unwrap().join().await.unwrap();
}

async fn fence(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT coalesce(max(fence), 0) FROM click_shards").fetch_one(pool).await.unwrap()
}

async fn sums(pool: &PgPool) -> (i64, i64) {
    let raw = "SELECT count(*) FROM clicks";
    let rolled = "SELECT coalesce(sum(clicks), 0)::bigint FROM clicks_by_ever WHERE link_id = 0";
    (sqlx::query_scalar(raw).fetch_one(pool).await.unwrap(), sqlx::query_scalar(rolled).fetch_one(pool).await.unwrap())
}

fn recent(seed: u64, count: usize) -> Vec<curtail_proto::events::v1::Click> {
    let now = curtail_clock::Clock::system().unix_ms();
    traffic(&mut Dice::new(seed), WORKSPACE, now - 8_000_000, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_an_owner_that_was_stopped_and_comes_back_writes_nothing() {
    let config = curtail_testkit::config().await;
    analytics_svc::migrate(&config.database).await.unwrap();
    let pool = curtail_db::connect(&config.database, "analytics").await.unwrap();
    let redis = curtail_streams::connect(&config.redis).await.unwrap();
    let producer = Producer::new(1, recent(1, 20_000));
    let batches = producer.batches(100);

    let first = Process::start(&config);
    for batch in &batches[..50] {
        publish(&redis, "clicks:0", batch).await;
    }
    until(async || producer.counted(&redis).await > 0, PATIENCE, "the first owner counts").await;
    first.signal("STOP");
    let before = fence(&pool).await;
    for batch in &batches[50..100] {
        publish(&redis, "clicks:0", batch).await;
    }
    let second = Process::start(&config);
    until(async || producer.counted(&redis).await == 10_000, PATIENCE, "the second owner counts the rest").await;
    assert!(fence(&pool).await > before, "the fence was raised");

    // What the first had in its hands when it was stopped is refused; whatever it reads afterwards is not its to count.
    first.signal("CONT");
    for batch in &batches[100..] {
        publish(&redis, "clicks:0", batch).await;
    }
    producer.ship_until_counted(&redis, "clicks:0").await;
    drop((first, second));
    assert_eq!(sums(&pool).await, (20_000, 20_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_kills_at_any_moment_lose_and_double_nothing() {
    let config = curtail_testkit::config().await;
    analytics_svc::migrate(&config.database).await.unwrap();
    let pool = curtail_db::connect(&config.database, "analytics").await.unwrap();
    let redis = curtail_streams::connect(&config.redis).await.unwrap();
    let producer = Producer::new(1, recent(2, 60_000));
    let mut dice = Dice::new(3);
    for part in producer.batches(500).chunks(20) {
        let process = Process::start(&config);
        let before = producer.counted(&redis).await;
        for batch in part {
            publish(&redis, "clicks:0", batch).await;
        }
        until(async || producer.counted(&redis).await > before, PATIENCE, "it counts").await;
        tokio::time::sleep(Duration::from_millis(dice.below(300))).await;
        drop(process);
    }
    let last = Process::start(&config);
    producer.ship_until_counted(&redis, "clicks:0").await;
    drop(last);
    assert_eq!(sums(&pool).await, (60_000, 60_000));
    let hours: Vec<(i64, time::OffsetDateTime, i64, i64)> =
        sqlx::query_as("SELECT link_id, at, clicks, humans FROM clicks_by_hour").fetch_all(&pool).await.unwrap();
    let hours =
        hours.into_iter().map(|(link, at, clicks, humans)| ((link, at.unix_timestamp() * 1000), (clicks, humans)));
    assert_eq!(hours.collect::<super::publish::Expected>(), expected(&producer.clicks));
}
