//! Days that are folded answer as their raw clicks did.

use std::time::Duration;

use analytics_svc::fold::Folding;
use analytics_svc::retention::Retention;
use curtail_proto::analytics::v1::analytics_scope::Of;
use curtail_proto::analytics::v1::{
    AnalyticsScope, Dimension, DimensionFilter, QueryAnalyticsRequest, QueryAnalyticsResponse, Step,
};
use curtail_proto::events::v1::Click;
use curtail_testkit::until;
use time::macros::datetime;

use super::publish::{Dice, FIREFOX, GOOGLEBOT, Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms, question};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
pub const PATIENCE: Duration = Duration::from_secs(30);
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.5 Mobile/15E148 Safari/604.1";

/// Folds when it is told to, and late clicks at once.
pub fn folding(world: &World) -> Folding {
    Folding {
        pool: world.pool.clone(),
        clock: world.clock.clone(),
        retention: Retention::of(&world.config.analytics),
        after: time::Duration::hours(2),
        late: Duration::ZERO,
    }
}

/// Lets the service count clicks, as those of producer `number`.
pub async fn count(world: &World, number: u8, clicks: Vec<Click>) {
    let all = clicks.len() as u64;
    let producer = Producer::new(number, clicks);
    for batch in producer.batches(1_000) {
        publish(&world.redis, "clicks:0", &batch).await;
    }
    until(async || producer.counted(&world.redis).await == all, PATIENCE, "counted").await;
}

pub async fn stale_days(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM stale_days").fetch_one(&world.pool).await.unwrap()
}

/// People and bots who click four links of two workspaces within six days, with a value of everything that a click carries.
fn traffic(dice: &mut Dice, count: usize) -> Vec<Click> {
    let start = ms(NOW) - 6 * DAY_MS;
    let one = || {
        let at_ms = start + dice.below(6 * DAY_MS as u64) as i64;
        let person = dice.below(30);
        let link = 1 + dice.below(5) as i64;
        // As redirectors do it: no one is the same on another day.
        let visitor = if person == 0 { 0 } else { person + 1_000 * (at_ms / DAY_MS) as u64 };
        let mut pick = |values: &[&str]| values[dice.below(values.len() as u64) as usize].to_owned();
        Click {
            user_agent: [FIREFOX, IPHONE, GOOGLEBOT][person as usize % 3].into(),
            referrer: pick(&["", "", "t.co", "www.google.com", "news.example"]),
            language: pick(&["", "de-DE", "fr"]),
            utm: pick(&[
                "",
                "",
                "utm_source=s&utm_medium=cpc&utm_term=t1",
                "utm_source=s&utm_campaign=c",
                "utm_content=k",
            ]),
            qr: pick(&["", "", "qr"]) == "qr",
            ..click(if link == 5 { 71 } else { WORKSPACE }, link, at_ms, visitor)
        }
    };
    std::iter::repeat_with(one).take(count).collect()
}

const VALUES: [(Dimension, &[&str]); 7] = [
    (Dimension::Device, &["desktop", "mobile", "bot"]),
    (Dimension::Browser, &["Firefox", "Safari"]),
    (Dimension::Referrer, &["", "x.com", "news.example"]),
    (Dimension::Channel, &["direct", "paid", "social"]),
    (Dimension::UtmSource, &["", "s", "none"]),
    (Dimension::Trigger, &["qr", "click"]),
    (Dimension::Link, &["1", "2", "3"]),
];

/// A question that someone might ask.
fn random_question(dice: &mut Dice) -> QueryAnalyticsRequest {
    let width = [MINUTE_MS, 60 * MINUTE_MS, DAY_MS][dice.below(3) as usize];
    let spans = 6 * DAY_MS / width;
    let (a, b) = (dice.below(spans as u64) as i64, 1 + dice.below(spans as u64) as i64);
    let start = (ms(NOW) - 6 * DAY_MS) / width * width;
    let at = |ms: i64| Some(prost_types::Timestamp { seconds: ms / 1000, nanos: 0 });
    let of = match dice.below(5) {
        0 => Some(Of::LinkId(1 + dice.below(3) as i64)),
        1 => Some(Of::Tag("red".into())),
        2 => Some(Of::Domain("go.example".into())),
        _ => None,
    };
    let filters = (0..[0, 0, 1, 1, 1, 2][dice.below(6) as usize]).map(|_| {
        let (dimension, values) = VALUES[dice.below(VALUES.len() as u64) as usize];
        let first = dice.below(values.len() as u64) as usize;
        let some = values[first..].iter().take(1 + dice.below(2) as usize).map(|value| (*value).into());
        DimensionFilter { dimension: dimension.into(), values: some.collect() }
    });
    let filters: Vec<_> = filters.collect();
    let steps = [Step::Unspecified, Step::Hour, Step::Day, Step::Day, Step::Week, Step::Month];
    let zones = ["", "Europe/Berlin", "Asia/Kolkata", "America/New_York"];
    let breakdowns = (0..dice.below(3)).map(|n| 1 + ((dice.below(8) + 8 * n) as i32));
    QueryAnalyticsRequest {
        scope: Some(AnalyticsScope { workspace_id: WORKSPACE, of }),
        from: at(start + a.min(b) * width),
        until: at(start + (a.max(b) + i64::from(a == b)) * width),
        breakdowns: breakdowns.collect(),
        top: [2, 100][dice.below(2) as usize],
        step: steps[dice.below(6) as usize].into(),
        time_zone: zones[dice.below(4) as usize].into(),
        filters,
        compare_previous: dice.below(4) == 0,
    }
}

async fn links(world: &World) {
    let insert = "INSERT INTO links (link_id, workspace_id, version, domain, tags) \
                  SELECT l, $1, 1, 'go.example', CASE WHEN l < 3 THEN ARRAY['red'] ELSE '{}' END FROM generate_series(1, 4) l";
    sqlx::query(insert).bind(WORKSPACE).execute(&world.pool).await.unwrap();
}

async fn ask(world: &World, question: &QueryAnalyticsRequest) -> QueryAnalyticsResponse {
    world.query(question.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_whatever_is_folded_and_however_late_clicks_come() {
    // The same clicks in two databases, of which one folds.
    let (world, plain) = tokio::join!(World::start(), World::start());
    let mut dice = Dice::new(11);
    tokio::join!(links(&world), links(&plain));
    for round in 1..=3 {
        let clicks = traffic(&mut dice, [3_000, 300, 1_000][round as usize - 1]);
        tokio::join!(count(&world, round, clicks.clone()), count(&plain, round, clicks));
        assert_eq!(stale_days(&world).await > 0, round > 1, "late clicks are marked");
        for folds in [false, true] {
            if folds {
                assert!(folding(&world).round().await.unwrap() > 0);
                assert_eq!(stale_days(&world).await, 0);
            }
            for n in 0..60 {
                let question = random_question(&mut dice);
                let (is, expected) = tokio::join!(ask(&world, &question), ask(&plain, &question));
                assert_eq!(is, expected, "round {round}, folded {folds}, question {n}: {question:#?}");
            }
        }
    }
    assert_eq!(folding(&world).round().await.unwrap(), 0, "nothing is left to fold");
    world.stop().await;
    plain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_folded_days_touch_no_raw_click_of_them() {
    let world = World::start().await;
    links(&world).await;
    count(&world, 1, traffic(&mut Dice::new(12), 2_000)).await;
    folding(&world).round().await.unwrap();
    // Whoever so much as plans to read one of these partitions waits for ever.
    let mut lock = world.pool.begin().await.unwrap();
    for day in 15..=20 {
        let lock_partition = format!("LOCK TABLE clicks_202611{day} IN ACCESS EXCLUSIVE MODE");
        sqlx::query(sqlx::AssertSqlSafe(lock_partition)).execute(&mut *lock).await.unwrap();
    }
    let of = |of| Some(AnalyticsScope { workspace_id: WORKSPACE, of });
    let scopes =
        [of(None), of(Some(Of::LinkId(1))), of(Some(Of::Tag("red".into()))), of(Some(Of::Domain("go.example".into())))];
    for scope in scopes {
        // The last day is open and read raw.
        let base = QueryAnalyticsRequest { scope, ..question(datetime!(2026-11-16 00:00 UTC), NOW) };
        let all = QueryAnalyticsRequest { breakdowns: (1..=16).collect(), top: 100, ..base.clone() };
        assert_eq!(ask(&world, &all).await.breakdowns.len(), 16);
        for (dimension, values) in VALUES {
            let filters = vec![DimensionFilter { dimension: dimension.into(), values: vec![values[0].into()] }];
            let breakdowns = vec![dimension.into()];
            let by_day = QueryAnalyticsRequest { filters, breakdowns, step: Step::Day.into(), ..base.clone() };
            let berlin = QueryAnalyticsRequest {
                time_zone: "Europe/Berlin".into(),
                breakdowns: Vec::new(),
                ..question(datetime!(2026-11-16 23:00 UTC), datetime!(2026-11-20 23:00 UTC))
            };
            let berlin = QueryAnalyticsRequest { filters: by_day.filters.clone(), step: by_day.step, ..berlin };
            let hourly = QueryAnalyticsRequest { step: Step::Hour.into(), ..berlin.clone() };
            for question in [by_day, berlin, hourly] {
                assert!(!ask(&world, &question).await.series.is_empty());
            }
        }
    }
    drop(lock);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_beyond_the_kept_ones_are_told_and_still_filtered() {
    let world = World::start().await;
    let yesterday = ms(datetime!(2026-11-20 10:00 UTC));
    let utm = |n: i64| format!("utm_term={}", if n < 5 { "often".to_owned() } else { format!("t{n:04}") });
    let clicks = (0..1_008).map(|n| Click { utm: utm(n), ..click(WORKSPACE, 1, yesterday + n, n as u64 + 1) });
    count(&world, 1, clicks.collect()).await;
    let day = |breakdowns, values: &[&str]| QueryAnalyticsRequest {
        breakdowns,
        top: 100,
        filters: values
            .iter()
            .map(|value| DimensionFilter { dimension: Dimension::UtmTerm.into(), values: vec![(*value).into()] })
            .collect(),
        step: Step::Day.into(),
        time_zone: "Europe/Berlin".into(),
        ..question(datetime!(2026-11-20 00:00 UTC), datetime!(2026-11-21 00:00 UTC))
    };
    let questions = [
        day(vec![Dimension::UtmTerm.into()], &[]),
        day(Vec::new(), &["often"]),
        day(Vec::new(), &["t0500"]),
        day(Vec::new(), &["t1007"]),
        day(Vec::new(), &["none"]),
    ];
    let mut before = Vec::new();
    for question in &questions {
        before.push(ask(&world, question).await);
    }
    folding(&world).round().await.unwrap();
    // 1,004 values, of which 1,000 are kept.
    before[0].breakdowns[0].left_out = 4;
    for (question, before) in questions.iter().zip(before) {
        assert_eq!(ask(&world, question).await, before);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_folds_by_itself_and_days_outlive_their_raw_clicks() {
    let mut config = curtail_testkit::config().await;
    config.analytics.fold_after_hours = 87_600;
    let world = World::with(config.clone()).await;
    count(&world, 1, traffic(&mut Dice::new(13), 1_000)).await;
    let by = |filters| QueryAnalyticsRequest {
        breakdowns: vec![Dimension::Device.into()],
        filters,
        ..question(datetime!(2026-11-15 00:00 UTC), datetime!(2026-11-21 00:00 UTC))
    };
    let before = ask(&world, &by(Vec::new())).await;
    let pool = world.pool.clone();
    world.stop().await;

    config.analytics.fold_after_hours = 2;
    let world = World::with(config.clone()).await;
    let folded = async || {
        let until: Option<time::Date> =
            sqlx::query_scalar("SELECT folded_until FROM fold_progress").fetch_one(&pool).await.unwrap();
        until == Some(NOW.date()) && stale_days(&world).await == 0
    };
    until(folded, PATIENCE, "all days are folded").await;
    world.stop().await;

    config.analytics.raw_days = 2;
    let world = World::with(config).await;
    let dropped = async || {
        let hours = "SELECT to_regclass('clicks_20261115') IS NULL AND NOT EXISTS \
                     (SELECT FROM dimension_hours WHERE day < '2026-11-19')";
        sqlx::query_scalar::<_, bool>(hours).fetch_one(&pool).await.unwrap()
    };
    until(dropped, PATIENCE, "old raw clicks are dropped").await;
    assert_eq!(ask(&world, &by(Vec::new())).await, before);
    // Several filters need the raw clicks.
    let filter =
        |dimension: Dimension, value: &str| DimensionFilter { dimension: dimension.into(), values: vec![value.into()] };
    let two = vec![filter(Dimension::Device, "mobile"), filter(Dimension::Trigger, "qr")];
    let answer = ask(&world, &by(two)).await;
    assert_eq!(answer.raw_from, Some(super::world::timestamp(datetime!(2026-11-19 00:00 UTC))));
    // Earlier days were never folded.
    let older = QueryAnalyticsRequest {
        from: Some(super::world::timestamp(datetime!(2026-11-01 00:00 UTC))),
        ..by(Vec::new())
    };
    let answer = ask(&world, &older).await;
    assert_eq!(answer.raw_from, Some(super::world::timestamp(datetime!(2026-11-15 00:00 UTC))));
    world.stop().await;
}
