//! Every click once, however it is delivered.

use std::time::Duration;

use curtail_proto::events::v1::ClickBatch;
use curtail_testkit::until;

use super::publish::{Dice, FIREFOX, GOOGLEBOT, Producer, click, expected, publish, traffic};
use super::world::{NOW, WORKSPACE, World, ms};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn clicks_are_counted_and_acknowledged() {
    let world = World::start().await;
    let at = ms(NOW) - 60_000;
    let mut bot = click(WORKSPACE, 9, at + 5_000, 3);
    bot.user_agent = GOOGLEBOT.into();
    let clicks = vec![click(WORKSPACE, 9, at, 1), click(WORKSPACE, 9, at + 1_000, 1), click(WORKSPACE, 9, at, 2), bot];
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:2", &producer.batch(1, 4)).await;
    until(async || producer.counted(&world.redis).await == 4, PATIENCE, "counted").await;

    let totals = world.lifetime(9).await;
    assert_eq!((totals.clicks, totals.humans, totals.bots, totals.uniques), (4, 3, 1, 2));
    assert_eq!(totals.last_click_at.map(|at| at.seconds * 1000), Some(at + 5_000));
    assert_eq!(world.raw_rows().await, 4);
    let acknowledged = async || {
        let lag = curtail_streams::lag(&world.redis, "clicks:2").await.unwrap();
        lag[0].pending == 0 && lag[0].waiting == Some(0)
    };
    until(acknowledged, PATIENCE, "acknowledged").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_and_overlapping_batches_count_once() {
    let world = World::start().await;
    let clicks: Vec<_> = (0..20).map(|n| click(WORKSPACE, 1, ms(NOW) - 1_000, n + 1)).collect();
    let producer = Producer::new(1, clicks);
    for (first, last) in [(1, 10), (1, 10), (3, 4), (5, 15), (1, 15), (16, 20), (1, 20)] {
        publish(&world.redis, "clicks:0", &producer.batch(first, last)).await;
    }
    until(async || producer.counted(&world.redis).await == 20, PATIENCE, "counted").await;
    let drained = async || curtail_streams::lag(&world.redis, "clicks:0").await.unwrap()[0].pending == 0;
    until(drained, PATIENCE, "drained").await;
    let totals = world.lifetime(1).await;
    assert_eq!((totals.clicks, totals.uniques, world.raw_rows().await), (20, 20, 20));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_asks_for_a_replay_and_other_producers_go_on() {
    let world = World::start().await;
    let clicks: Vec<_> = (0..15).map(|n| click(WORKSPACE, 1, ms(NOW) - 1_000, n)).collect();
    let (gappy, other) = (Producer::new(1, clicks.clone()), Producer::new(2, clicks));
    publish(&world.redis, "clicks:0", &gappy.batch(1, 5)).await;
    publish(&world.redis, "clicks:0", &gappy.batch(11, 15)).await;
    publish(&world.redis, "clicks:0", &other.batch(1, 15)).await;
    until(async || gappy.replay(&world.redis).await == Some(6), PATIENCE, "asked for 6").await;
    until(async || other.counted(&world.redis).await == 15, PATIENCE, "the other is counted").await;
    assert_eq!(gappy.counted(&world.redis).await, 5);

    gappy.ship_until_counted(&world.redis, "clicks:0").await;
    assert_eq!(world.lifetime(1).await.clicks, 30);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_producer_gave_up_is_skipped_and_counted_as_lost() {
    let world = World::start().await;
    let producer = Producer::new(1, (0..30).map(|n| click(WORKSPACE, 1, ms(NOW) - 1_000, n)).collect());
    publish(&world.redis, "clicks:0", &producer.batch(1, 10)).await;
    publish(&world.redis, "clicks:0", &ClickBatch { lost_through: 20, ..producer.batch(21, 25) }).await;
    let alone = ClickBatch { clicks: Vec::new(), first_seq: 0, lost_through: 30, ..producer.batch(26, 26) };
    publish(&world.redis, "clicks:0", &alone).await;
    until(async || producer.counted(&world.redis).await == 30, PATIENCE, "counted").await;
    let (last, lost): (i64, i64) =
        sqlx::query_as("SELECT last_seq, lost FROM producers").fetch_one(&world.pool).await.unwrap();
    assert_eq!((last, lost, world.lifetime(1).await.clicks), (30, 15, 15));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_that_cannot_be_counted_are_told_apart() {
    let world = World::start().await;
    let day = 86_400_000;
    let mut future = click(WORKSPACE, 1, ms(NOW) + day, 1);
    future.user_agent = FIREFOX.into();
    let clicks = vec![
        click(WORKSPACE, 1, ms(NOW) - 400 * day, 1),
        click(WORKSPACE, 1, ms(NOW) - 401 * day, 1),
        click(WORKSPACE, 0, ms(NOW), 1),
        future,
    ];
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:0", &producer.batch(1, 4)).await;
    until(async || producer.counted(&world.redis).await == 4, PATIENCE, "counted").await;
    let refused: i64 = sqlx::query_scalar("SELECT refused FROM producers").fetch_one(&world.pool).await.unwrap();
    let latest: time::OffsetDateTime =
        sqlx::query_scalar("SELECT max(at) FROM clicks").fetch_one(&world.pool).await.unwrap();
    assert_eq!((refused, world.raw_rows().await, latest), (2, 2, NOW));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f8_shuffled_and_redelivered_entries_add_up_as_undisturbed_ones() {
    let world = World::start().await;
    let mut dice = Dice::new(8);
    let start = ms(NOW) - 3 * 3_600_000;
    let producers: Vec<_> = (1..=3).map(|n| Producer::new(n, traffic(&mut dice, WORKSPACE, start, 3_000))).collect();
    let mut entries: Vec<_> = producers.iter().flat_map(|producer| producer.batches(50)).collect();
    entries = [entries.clone(), entries.clone(), entries].concat();
    dice.shuffle(&mut entries);
    for entry in &entries {
        publish(&world.redis, "clicks:1", entry).await;
    }
    for producer in &producers {
        producer.ship_until_counted(&world.redis, "clicks:1").await;
    }
    let all: Vec<_> = producers.iter().flat_map(|producer| producer.clicks.clone()).collect();
    assert_eq!(world.hours(WORKSPACE).await, expected(&all));
    assert_eq!(world.raw_rows().await, 9_000);

    // The same clicks in order, of another workspace.
    let undisturbed: Vec<_> =
        all.into_iter().map(|click| curtail_proto::events::v1::Click { workspace_id: 71, ..click }).collect();
    let calm = Producer::new(9, undisturbed);
    for entry in calm.batches(1_000) {
        publish(&world.redis, "clicks:3", &entry).await;
    }
    until(async || calm.counted(&world.redis).await == 9_000, PATIENCE, "counted").await;
    assert_eq!(world.hours(WORKSPACE).await, world.hours(71).await);
    let sketches: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT workspace_id, uniques FROM clicks_by_ever WHERE link_id = 0 ORDER BY 1")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let uniques = sketches.into_iter().map(|(_, sketch)| {
        let mut uniques = analytics_svc::sketch::Uniques::default();
        uniques.merge(&sketch).unwrap();
        uniques.count()
    });
    let uniques: Vec<_> = uniques.collect();
    assert_eq!(uniques[0], uniques[1]);
    world.stop().await;
}
