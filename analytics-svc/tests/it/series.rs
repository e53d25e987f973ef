//! Buckets in the caller's time zone.

use std::time::Duration;

use curtail_proto::analytics::v1::{Dimension, DimensionFilter, QueryAnalyticsRequest, Step};
use curtail_testkit::until;
use time::OffsetDateTime;
use time::macros::datetime;

use super::publish::{Dice, Producer, click, publish, traffic};
use super::world::{WORKSPACE, World, ms, question};

async fn count(world: &World, clicks: Vec<curtail_proto::events::v1::Click>) {
    let all = clicks.len() as u64;
    let producer = Producer::new(1, clicks);
    for batch in producer.batches(1_000) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == all, Duration::from_secs(30), "counted").await;
}

/// The clicks of each bucket; the rollups and the raw clicks must agree on everything.
async fn series(world: &World, from: OffsetDateTime, until: OffsetDateTime, step: Step, zone: &str) -> Vec<i64> {
    let request = QueryAnalyticsRequest { step: step.into(), time_zone: zone.into(), ..question(from, until) };
    let rolled = world.query(request.clone()).await.unwrap();
    // A filter that lets everything pass is answered by the raw clicks.
    let everything =
        DimensionFilter { dimension: Dimension::Trigger.into(), values: vec!["click".into(), "qr".into()] };
    let raw = world.query(QueryAnalyticsRequest { filters: vec![everything], ..request }).await.unwrap();
    assert_eq!(rolled, raw);
    let buckets: Vec<_> = rolled.series.iter().map(|bucket| bucket.totals.unwrap().clicks).collect();
    assert_eq!(buckets.iter().sum::<i64>(), rolled.totals.unwrap().clicks);
    buckets
}

#[tokio::test(flavor = "multi_thread")]
async fn days_around_a_change_of_the_clock() {
    let world = World::start().await;
    // Berlin: 2026-03-29 has 23 hours, from 23:00 UTC to 22:00 UTC.
    let at = [
        datetime!(2026-03-28 22:59:59 UTC),
        datetime!(2026-03-28 23:00 UTC),
        datetime!(2026-03-29 21:59:59 UTC),
        datetime!(2026-03-29 22:00 UTC),
        datetime!(2026-03-31 22:00 UTC),
    ];
    count(&world, at.iter().zip(0..).map(|(at, visitor)| click(WORKSPACE, 1, ms(*at), visitor)).collect()).await;
    let (from, until) = (datetime!(2026-03-27 23:00 UTC), datetime!(2026-04-01 22:00 UTC));
    assert_eq!(series(&world, from, until, Step::Day, "Europe/Berlin").await, [1, 2, 1, 0, 1]);
    assert_eq!(series(&world, from, until, Step::Day, "UTC").await, [0, 2, 2, 0, 1, 0]);
    assert_eq!(series(&world, from, until, Step::Week, "Europe/Berlin").await, [3, 2]);
    assert_eq!(series(&world, from, until, Step::Month, "Europe/Berlin").await, [4, 1]);
    let hours =
        series(&world, datetime!(2026-03-28 23:00 UTC), datetime!(2026-03-29 22:00 UTC), Step::Hour, "Europe/Berlin")
            .await;
    assert_eq!((hours.len(), hours[0], hours[22]), (23, 1, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_off_by_half_an_hour_and_ranges_that_begin_anywhere() {
    let world = World::start().await;
    let start = datetime!(2026-11-20 17:00 UTC);
    count(&world, traffic(&mut Dice::new(1), WORKSPACE, ms(start), 3_000)).await;
    let (from, until) = (datetime!(2026-11-20 17:07:30 UTC), datetime!(2026-11-20 18:53:10 UTC));
    for zone in ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", ""] {
        for step in [Step::Minute, Step::Hour, Step::Day, Step::Week, Step::Month] {
            assert!(!series(&world, from, until, step, zone).await.is_empty(), "{zone} {step:?}");
        }
    }
    // Midnight in India is 18:30 UTC.
    let days = series(&world, start, datetime!(2026-11-20 19:00 UTC), Step::Day, "Asia/Kolkata").await;
    assert_eq!((days.len(), days.iter().sum::<i64>()), (2, 3_000));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_buckets_are_zeros_and_the_previous_period_is_just_before() {
    let world = World::start().await;
    let clicks = [datetime!(2026-11-20 10:30 UTC), datetime!(2026-11-20 10:31 UTC), datetime!(2026-11-20 09:59 UTC)];
    count(&world, clicks.iter().map(|at| click(WORKSPACE, 1, ms(*at), 1)).collect()).await;
    let (from, until) = (datetime!(2026-11-20 10:00 UTC), datetime!(2026-11-20 11:00 UTC));
    let minutes = series(&world, from, until, Step::Minute, "").await;
    assert_eq!((minutes.len(), minutes[30], minutes[31], minutes.iter().sum::<i64>()), (60, 1, 1, 2));
    let compared = QueryAnalyticsRequest { compare_previous: true, ..question(from, until) };
    let answer = world.query(compared).await.unwrap();
    assert_eq!((answer.totals.unwrap().clicks, answer.previous.unwrap().clicks), (2, 1));
    assert!(answer.series.is_empty());
    let nothing = world.query(question(datetime!(2026-01-01 0:00 UTC), datetime!(2026-01-02 0:00 UTC))).await.unwrap();
    assert_eq!((nothing.totals.unwrap().clicks, nothing.totals.unwrap().last_click_at), (0, None));
    world.stop().await;
}
