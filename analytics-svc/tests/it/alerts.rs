//! Traffic spikes and weekly reports.

use std::time::Duration;

use analytics_svc::alerts::spikes::{self, Rule};
use analytics_svc::alerts::weekly;
use analytics_svc::sketch::{Sketch, visitor};
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, TrafficSpike, WeeklyReport};
use curtail_testkit::until;
use prost::Message as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms};

const RULE: Rule = Rule { min_clicks: 50, factor: 4 };
const MINUTE: time::Duration = time::Duration::MINUTE;
const HOUR: time::Duration = time::Duration::HOUR;
const DAY: time::Duration = time::Duration::DAY;

async fn store() -> PgPool {
    let config = curtail_testkit::config().await;
    analytics_svc::migrate(&config.database).await.unwrap();
    curtail_db::connect(&config.database, "analytics").await.unwrap()
}

/// Clicks by people, and as many by bots, in a row of a rollup.
async fn add(pool: &PgPool, table: &str, (workspace, link): (i64, i64), at: OffsetDateTime, humans: i64) {
    let mut sketch = Sketch::new();
    (0..humans).for_each(|n| sketch.insert(visitor((n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))));
    let insert = format!(
        "INSERT INTO {table} AS r (workspace_id, link_id, at, shard, clicks, humans, last_click_at, uniques) \
         VALUES ($1, $2, $3, 0, 2 * $4, $4, $3, $5) ON CONFLICT (workspace_id, link_id, at, shard) \
         DO UPDATE SET clicks = r.clicks + excluded.clicks, humans = r.humans + excluded.humans"
    );
    let insert = sqlx::query(sqlx::AssertSqlSafe(insert)).bind(workspace).bind(link).bind(at).bind(humans);
    insert.bind(sketch.to_bytes()).execute(pool).await.unwrap();
}

async fn look(pool: &PgPool, now: OffsetDateTime) -> u64 {
    spikes::look(pool, now, RULE, &mut StdRng::seed_from_u64(1)).await.unwrap()
}

async fn events(pool: &PgPool) -> Vec<Envelope> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("SELECT payload FROM outbox WHERE stream = 'alerts' ORDER BY seq")
        .fetch_all(pool)
        .await
        .unwrap();
    rows.iter().map(|payload| Envelope::decode(payload.as_slice()).unwrap()).collect()
}

fn spike(envelope: &Envelope) -> TrafficSpike {
    match &envelope.payload {
        Some(Payload::TrafficSpike(spike)) => *spike,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_spikes_at_the_minimum() {
    let pool = store().await;
    add(&pool, "clicks_by_minute", (1, 10), NOW - 9 * MINUTE, 49).await;
    add(&pool, "clicks_by_minute", (1, 0), NOW - 9 * MINUTE, 500).await;
    assert_eq!(look(&pool, NOW).await, 0, "neither 49 clicks by people nor a whole workspace are a spike");
    add(&pool, "clicks_by_minute", (1, 10), NOW - MINUTE, 1).await;
    assert_eq!(look(&pool, NOW).await, 1);
    let events = events(&pool).await;
    assert_eq!((events[0].workspace_id, events[0].event_id.len()), (1, 16));
    let spike = spike(&events[0]);
    assert_eq!((spike.link_id, spike.clicks, spike.expected), (10, 50, 0));
    assert_eq!(spike.window_start.unwrap().seconds, (NOW - time::Duration::minutes(10)).unix_timestamp());
}

#[tokio::test(flavor = "multi_thread")]
async fn usual_is_what_five_per_cent_of_the_hours_exceed() {
    let pool = store().await;
    // Eight hours of the week were far busier, the others had 120 clicks: 20 in ten minutes.
    for hour in 1..=168 {
        let clicks = if hour % 20 == 0 { 90_000 } else { 120 };
        add(&pool, "clicks_by_hour", (1, 10), NOW - hour * HOUR, clicks).await;
    }
    add(&pool, "clicks_by_minute", (1, 10), NOW, 79).await;
    assert_eq!(look(&pool, NOW + 5 * MINUTE).await, 0);
    add(&pool, "clicks_by_minute", (1, 10), NOW, 1).await;
    assert_eq!(look(&pool, NOW + 5 * MINUTE).await, 1);
    let spike = spike(&events(&pool).await[0]);
    assert_eq!((spike.clicks, spike.expected), (80, 20));
    // A ninth one, and such hours are usual.
    add(&pool, "clicks_by_hour", (1, 10), NOW - HOUR, 90_000).await;
    sqlx::query("DELETE FROM spikes").execute(&pool).await.unwrap();
    assert_eq!(look(&pool, NOW + 5 * MINUTE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spike_is_told_once_and_again_after_six_hours() {
    let pool = store().await;
    for minutes in [0, 10, 350, 360] {
        add(&pool, "clicks_by_minute", (1, 10), NOW + minutes * MINUTE, 60).await;
    }
    // Two processes look at the same time, twice.
    let (a, b) = tokio::join!(look(&pool, NOW), look(&pool, NOW));
    assert_eq!(a + b + look(&pool, NOW + MINUTE).await, 1);
    assert_eq!(look(&pool, NOW + 10 * MINUTE).await, 0, "it goes on");
    assert_eq!(look(&pool, NOW + 355 * MINUTE).await, 0);
    assert_eq!(look(&pool, NOW + 361 * MINUTE).await, 1);
    assert_eq!(events(&pool).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_reported_once_for_each_workspace() {
    let pool = store().await;
    let monday = datetime!(2026-11-16 00:00 UTC);
    for (workspace, link, at, humans) in [
        (1, 10, monday, 3),
        (1, 11, monday + 6 * DAY, 5),
        (1, 10, monday - DAY, 7),
        (1, 10, monday + 7 * DAY, 100),
        (2, 20, monday - 7 * DAY, 1),
        (3, 30, monday - 8 * DAY, 1),
    ] {
        add(&pool, "clicks_by_day", (workspace, link), at, humans).await;
        add(&pool, "clicks_by_day", (workspace, 0), at, humans).await;
    }
    let now = monday + 7 * DAY + HOUR;
    let rng = || StdRng::seed_from_u64(2);
    let (mut one, mut other) = (rng(), rng());
    let (a, b) = tokio::join!(weekly::report(&pool, now, &mut one), weekly::report(&pool, now, &mut other));
    assert_eq!(a.unwrap() + b.unwrap(), 2, "one each for workspaces 1 and 2; 3 has been silent for two weeks");
    assert_eq!(weekly::report(&pool, now + DAY, &mut rng()).await.unwrap(), 0);

    let mut events = events(&pool).await;
    events.sort_by_key(|event| event.workspace_id);
    let report = |envelope: &Envelope| -> WeeklyReport {
        match envelope.payload.clone() {
            Some(Payload::WeeklyReport(report)) => report,
            other => panic!("{other:?}"),
        }
    };
    let busy = report(&events[0]);
    assert_eq!(busy.week_start.unwrap().seconds, monday.unix_timestamp());
    assert_eq!((busy.clicks, busy.humans, busy.uniques, busy.previous_clicks), (16, 8, 5, 14));
    assert_eq!(busy.top_links.iter().map(|top| (top.link_id, top.clicks)).collect::<Vec<_>>(), [(11, 10), (10, 6)]);
    let quiet = report(&events[1]);
    assert_eq!((events[1].workspace_id, quiet.clicks, quiet.previous_clicks), (2, 0, 2));
    assert_eq!(weekly::report(&pool, now + 7 * DAY, &mut rng()).await.unwrap(), 1, "the next week is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_become_an_event_on_the_stream() {
    let world = World::start().await;
    let clicks = (0..60).map(|visitor| click(WORKSPACE, 1, ms(NOW) - 60_000, visitor)).collect();
    publish(&world.redis, "clicks:0", &Producer::new(1, clicks).batch(1, 60)).await;
    let mut group =
        curtail_streams::Group::new(&world.config.redis, world.redis.clone(), "alerts", "test", "test").unwrap();
    group.ensure().await.unwrap();
    let told = async || {
        let entries = group.read(10, Duration::from_millis(100)).await.unwrap();
        entries.iter().any(|entry| {
            let envelope = Envelope::decode(entry.field("e").unwrap().clone()).unwrap();
            spike(&envelope).link_id == 1 && spike(&envelope).clicks == 60
        })
    };
    until(told, Duration::from_secs(40), "the spike is told").await;
    world.stop().await;
}
