//! Poison, and stores that fail.

use std::time::Duration;

use bytes::Bytes;
use curtail_testkit::{PrivatePostgres, PrivateRedis, free_port, until};
use fred::interfaces::{KeysInterface as _, StreamsInterface as _};
use fred::types::Value;

use super::publish::{Dice, Producer, click, expected, publish, traffic};
use super::world::{NOW, WORKSPACE, World, ms, question};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn f9_poison_goes_to_the_dead_letters_and_the_rest_goes_on() {
    let world = World::start().await;
    let mut dice = Dice::new(9);
    let producer = Producer::new(1, traffic(&mut dice, WORKSPACE, ms(NOW) - 8_000_000, 2_000));
    let mut bad = 0;
    for (n, batch) in producer.batches(10).iter().enumerate() {
        publish(&world.redis, "clicks:0", batch).await;
        if n % 20 == 0 {
            let payload = match bad % 4 {
                0 => Bytes::from_static(b"\xff\xff\xff"),
                1 => Bytes::from(vec![0x0a; 1 << 20]),
                2 => Bytes::from_static(b""),
                _ => Bytes::from_static(&[0x1a, 5, 0x32, 3, b'a', 0xff, b'b']),
            };
            curtail_streams::append(&world.redis, "clicks:0", vec![("b", payload)]).await.unwrap();
            bad += 1;
        }
    }
    curtail_streams::append(&world.redis, "clicks:0", vec![("other", Bytes::from_static(b"1"))]).await.unwrap();
    bad += 1;
    until(async || producer.counted(&world.redis).await == 2_000, PATIENCE, "counted").await;
    let letters = async || world.redis.xlen::<u64, _>("clicks:0:dlq").await.unwrap() == bad;
    until(letters, PATIENCE, "every bad entry is a dead letter").await;
    let drained = async || curtail_streams::lag(&world.redis, "clicks:0").await.unwrap()[0].pending == 0;
    until(drained, PATIENCE, "drained").await;
    assert_eq!(world.hours(WORKSPACE).await, expected(&producer.clicks));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_group_delivers_everything_again_and_counts_nothing_twice() {
    let world = World::start().await;
    let producer = Producer::new(1, (0..100).map(|n| click(WORKSPACE, 1, ms(NOW), n)).collect());
    for batch in producer.batches(10) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == 100, PATIENCE, "counted").await;
    let _: Value = world.redis.xgroup_destroy("clicks:0", "analytics").await.unwrap();
    let _: i64 = world.redis.del("clicks:counted").await.unwrap();
    for batch in producer.batches(25) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == 100, PATIENCE, "told again").await;
    let drained = async || {
        let lag = curtail_streams::lag(&world.redis, "clicks:0").await.unwrap();
        lag.iter().any(|lag| lag.group == "analytics" && lag.pending == 0 && lag.waiting == Some(0))
    };
    until(drained, PATIENCE, "drained").await;
    assert_eq!((world.lifetime(1).await.clicks, world.raw_rows().await), (100, 100));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_empty_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PrivateRedis::start(dir.path(), free_port()).await.unwrap();
    let mut config = curtail_testkit::config().await;
    config.redis = server.config(0);
    let world = World::with(config).await;
    let mut dice = Dice::new(4);
    let producer = Producer::new(1, traffic(&mut dice, WORKSPACE, ms(NOW) - 8_000_000, 4_000));
    for batch in producer.batches(100).iter().take(20) {
        publish(&world.redis, "clicks:0", batch).await;
    }
    until(async || producer.counted(&world.redis).await >= 100, PATIENCE, "something is counted").await;
    server.restart_empty().await.unwrap();
    until(async || producer.counted(&world.redis).await >= 100, PATIENCE, "told again").await;
    producer.ship_until_counted(&world.redis, "clicks:0").await;
    assert_eq!(world.hours(WORKSPACE).await, expected(&producer.clicks));
    assert_eq!(world.raw_rows().await, 4_000);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_clicks_wait_and_questions_are_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    // PostgreSQL runs as another user.
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut server = PrivatePostgres::start(dir.path().join("pg"), free_port()).await.unwrap();
    server.create_database("curtail").await.unwrap();
    let mut config = curtail_testkit::config().await;
    config.database = server.config("curtail");
    config.database.acquire_timeout_ms = 500;
    let world = World::with(config).await;
    until(async || world.running.readiness.is_ready(), PATIENCE, "ready").await;
    let mut dice = Dice::new(5);
    let producer = Producer::new(1, traffic(&mut dice, WORKSPACE, ms(NOW) - 8_000_000, 2_000));
    let batches = producer.batches(100);
    for batch in &batches[..10] {
        publish(&world.redis, "clicks:0", batch).await;
    }
    server.stop_immediate();
    for batch in &batches[10..] {
        publish(&world.redis, "clicks:0", batch).await;
    }
    until(async || !world.running.readiness.is_ready(), PATIENCE, "not ready").await;
    let refused = world.query(question(NOW - time::Duration::hours(1), NOW)).await.unwrap_err();
    assert_eq!(refused.code, curtail_rpc::Code::Unavailable);
    server.restart().await.unwrap();
    until(async || producer.counted(&world.redis).await == 2_000, PATIENCE, "counted").await;
    until(async || world.running.readiness.is_ready(), PATIENCE, "ready again").await;
    assert_eq!(world.hours(WORKSPACE).await, expected(&producer.clicks));
    assert_eq!(world.raw_rows().await, 2_000);
    world.stop().await;
}
