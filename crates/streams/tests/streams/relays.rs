use curtail_testkit::PrivateRedis;
use fred::clients::Pool;
use fred::interfaces::KeysInterface as _;

use crate::kit::{Publishing, SOON, add, entries, numbers};

/// Waits until the stream has these events in this order. An event may stand there twice: a machine that is slow enough to
/// let a command run out of time after Redis has done it makes the relay publish again.
async fn holds(redis: &Pool, expected: &[i64]) {
    let what = format!("the stream holds {} events", expected.len());
    let as_expected = async || {
        let mut first_seen = Vec::new();
        for number in numbers(redis, "links").await {
            if !first_seen.contains(&number) {
                first_seen.push(number);
            }
        }
        first_seen == expected
    };
    curtail_testkit::until(as_expected, SOON, &what).await;
}

#[tokio::test]
async fn events_are_published_in_order_and_marked() {
    let redis = curtail_streams::connect(&curtail_testkit::redis().await).await.unwrap();
    let publishing = Publishing::start(&redis).await;
    publishing.write(0..1000).await;
    publishing.write([1000]).await;
    holds(&redis, &(0..=1000).collect::<Vec<_>>()).await;
    let database = publishing.stop().await;
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(open, 0);
}

#[tokio::test]
async fn one_relay_is_active_and_another_takes_its_place() {
    let redis = curtail_streams::connect(&curtail_testkit::redis().await).await.unwrap();
    let first = Publishing::start(&redis).await;
    first.write([1]).await;
    holds(&redis, &[1]).await;
    let second = Publishing::start_on(first.database.clone(), &redis);
    first.write([2]).await;
    holds(&redis, &[1, 2]).await;
    first.running.abort();
    assert!(first.running.await.is_err_and(|error| error.is_cancelled()));
    second.write([3]).await;
    holds(&redis, &[1, 2, 3]).await;
    second.stop().await;
}

#[tokio::test]
async fn a_redis_that_was_killed_and_comes_back_empty_is_filled_again_under_the_same_ids() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PrivateRedis::start(dir.path(), curtail_testkit::free_port()).await.unwrap();
    let redis = curtail_streams::connect(&server.config(0)).await.unwrap();
    let publishing = Publishing::start(&redis).await;
    publishing.write(0..600).await;
    holds(&redis, &(0..600).collect::<Vec<_>>()).await;
    let before = entries(&redis, "links").await;

    server.kill9();
    publishing.write([600]).await;
    server.restart_empty().await.unwrap();
    holds(&redis, &(0..=600).collect::<Vec<_>>()).await;
    assert_eq!(entries(&redis, "links").await[..600], before);

    // The same without anything new to publish, and without a restart.
    let _: u64 = redis.del("links").await.unwrap();
    holds(&redis, &(0..=600).collect::<Vec<_>>()).await;
    publishing.stop().await;
}

#[tokio::test]
async fn entries_of_somebody_else_are_no_obstacle() {
    let redis = curtail_streams::connect(&curtail_testkit::redis().await).await.unwrap();
    let publishing = Publishing::start(&redis).await;
    publishing.write([1]).await;
    holds(&redis, &[1]).await;
    add(&redis, "links", 100).await;
    publishing.write([2]).await;
    holds(&redis, &[1, 100, 2]).await;
    publishing.stop().await;
}

#[tokio::test]
async fn events_wait_while_redis_is_away_and_the_last_ones_leave_before_the_end() {
    let (dir, port) = (tempfile::tempdir().unwrap(), curtail_testkit::free_port());
    let mut config = curtail_testkit::redis().await;
    config.url = curtail_config::Secret::new(format!("redis://127.0.0.1:{port}"));
    let redis = curtail_streams::connect(&config).await.unwrap();
    let publishing = Publishing::start(&redis).await;
    publishing.write([1]).await;
    let _server = PrivateRedis::start(dir.path(), port).await.unwrap();
    holds(&redis, &[1]).await;
    publishing.write([2]).await;
    publishing.stop().await;
    assert_eq!(numbers(&redis, "links").await, [1, 2]);
}
