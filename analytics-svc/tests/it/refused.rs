//! Clicks that PostgreSQL refuses for their data.

use std::time::Duration;

use curtail_testkit::until;
use fred::interfaces::StreamsInterface as _;

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn f9_what_the_database_refuses_is_set_aside_and_the_rest_is_counted() {
    let world = World::start().await;
    sqlx::query("ALTER TABLE clicks ADD CONSTRAINT no_poison CHECK (referrer <> 'poison.example')")
        .execute(&world.pool)
        .await
        .unwrap();
    let mut clicks: Vec<_> = (0..400).map(|n| click(WORKSPACE, 1, ms(NOW) - 60_000, n + 1)).collect();
    for poisoned in [57, 58, 311] {
        clicks[poisoned].referrer = "poison.example".into();
    }
    let producer = Producer::new(1, clicks);
    for batch in producer.batches(10) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == 400, PATIENCE, "all is dealt with").await;
    // Two entries of ten clicks each had poison.
    assert_eq!(world.raw_rows().await, 380);
    assert_eq!(world.lifetime(1).await.clicks, 380);
    let refused: i64 = sqlx::query_scalar("SELECT refused FROM producers").fetch_one(&world.pool).await.unwrap();
    assert_eq!(refused, 20);
    assert_eq!(world.redis.xlen::<u64, _>("clicks:0:dlq").await.unwrap(), 2);
    let drained = async || curtail_streams::lag(&world.redis, "clicks:0").await.unwrap()[0].pending == 0;
    until(drained, PATIENCE, "nothing is left").await;
    world.stop().await;
}
