//! What is deleted when, and what questions about it are told.

use std::time::Duration;

use analytics_svc::partitions;
use analytics_svc::retention::{self, Retention};
use curtail_proto::analytics::v1::{Dimension, QueryAnalyticsRequest, Step};
use curtail_testkit::until;
use time::macros::datetime;

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms, question, timestamp};

const RETENTION: Retention = Retention::new(90, 10, 100);

async fn world(ages: &[time::Duration]) -> World {
    let mut config = curtail_testkit::config().await;
    // Upkeep of the service itself finds nothing to delete; the tests call it.
    (config.analytics.raw_days, config.analytics.minute_days, config.analytics.hour_days) = (800, 800, 800);
    let world = World::with(config).await;
    let clicks = ages.iter().zip(1..).map(|(age, visitor)| click(WORKSPACE, 1, ms(NOW - *age), visitor)).collect();
    let (producer, all) = (Producer::new(1, clicks), ages.len() as u64);
    publish(&world.redis, "clicks:0", &producer.batch(1, all)).await;
    until(async || producer.counted(&world.redis).await == all, Duration::from_secs(20), "counted").await;
    world
}

async fn count(world: &World, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table} WHERE workspace_id = {WORKSPACE} AND link_id = 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&world.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_level_is_kept_for_its_own_time() {
    let day = time::Duration::DAY;
    // NOW is noon: ten days ago begin ten and a half days ago.
    let world = world(&[10 * day, 11 * day, 91 * day, 92 * day, 100 * day, 101 * day]).await;
    let kept = RETENTION.at(ms(NOW));
    for _ in 0..2 {
        while retention::thin(&world.pool, kept).await.unwrap() {}
        partitions::keep(&world.pool, NOW, 1, kept).await.unwrap();
        assert_eq!(count(&world, "clicks_by_minute").await, 1);
        assert_eq!(count(&world, "clicks_by_hour").await, 5);
        assert_eq!(count(&world, "clicks_by_day").await, 6);
        // A partition stays a day longer, so that none goes away below a click that is being written.
        assert_eq!(count(&world, "clicks").await, 3);
    }
    assert_eq!(world.lifetime(1).await.clicks, 6);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_thinned_times_say_what_they_count() {
    let mut config = curtail_testkit::config().await;
    (config.analytics.raw_days, config.analytics.minute_days, config.analytics.hour_days) = (90, 10, 100);
    let world = World::with(config).await;
    let at = [datetime!(2026-11-02 10:20 UTC), datetime!(2026-11-02 10:50 UTC), datetime!(2026-11-02 11:10 UTC)];
    let clicks = at.iter().zip(1..).map(|(at, visitor)| click(WORKSPACE, 1, ms(*at), visitor)).collect();
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:0", &producer.batch(1, 3)).await;
    until(async || producer.counted(&world.redis).await == 3, Duration::from_secs(20), "counted").await;

    // Nineteen days ago there are hours only.
    let answer = world.query(question(datetime!(2026-11-02 10:30 UTC), datetime!(2026-11-02 10:40 UTC))).await.unwrap();
    assert_eq!(answer.totals.unwrap().clicks, 2);
    assert_eq!(answer.from, Some(timestamp(datetime!(2026-11-02 10:00 UTC))));
    assert_eq!(answer.until, Some(timestamp(datetime!(2026-11-02 11:00 UTC))));
    assert_eq!(answer.raw_from, None);
    let by_minute = QueryAnalyticsRequest {
        step: Step::Minute.into(),
        ..question(datetime!(2026-11-02 10:30 UTC), datetime!(2026-11-02 10:40 UTC))
    };
    assert_eq!(world.query(by_minute.clone()).await.unwrap_err().reason, "STEP_NOT_KEPT");
    let by_hour = QueryAnalyticsRequest {
        step: Step::Hour.into(),
        time_zone: "Asia/Kolkata".into(),
        ..question(datetime!(2026-11-02 10:00 UTC), datetime!(2026-11-02 12:00 UTC))
    };
    let answer = world.query(by_hour).await.unwrap();
    let clicks: Vec<_> = answer.series.iter().map(|bucket| bucket.totals.unwrap().clicks).collect();
    assert_eq!(clicks.iter().sum::<i64>(), 3, "{clicks:?}");

    // A hundred and one days ago there are days only, and no raw clicks.
    let long = QueryAnalyticsRequest {
        breakdowns: vec![Dimension::Browser.into()],
        ..question(datetime!(2026-08-12 10:00 UTC), NOW)
    };
    let answer = world.query(long).await.unwrap();
    assert_eq!(answer.from, Some(timestamp(datetime!(2026-08-12 00:00 UTC))));
    assert_eq!(answer.raw_from, Some(timestamp(datetime!(2026-08-23 00:00 UTC))));
    let recent = QueryAnalyticsRequest { from: Some(timestamp(NOW - time::Duration::hours(1))), ..by_minute };
    let recent = QueryAnalyticsRequest { until: Some(timestamp(NOW)), ..recent };
    assert_eq!(world.query(recent).await.unwrap().series.len(), 60);
    world.stop().await;
}
