//! Breakdowns by and filters on every dimension.

use std::time::Duration;

use curtail_proto::analytics::v1::query_analytics_response::Row;
use curtail_proto::analytics::v1::{Dimension, DimensionFilter, QueryAnalyticsRequest};
use curtail_proto::events::v1::Click;
use curtail_testkit::until;

use super::publish::{GOOGLEBOT, Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms, question};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.5 Mobile/15E148 Safari/604.1";

/// What S36 tries to break out with.
const HOSTILE: [&str; 6] = ["%", "_", "'; DROP TABLE clicks; --", "\\", "{a,b}", "\" OR 1=1"];

async fn world(clicks: Vec<Click>) -> World {
    let world = World::start().await;
    let all = clicks.len() as u64;
    let producer = Producer::new(1, clicks);
    publish(&world.redis, "clicks:0", &producer.batch(1, all)).await;
    until(async || producer.counted(&world.redis).await == all, Duration::from_secs(20), "counted").await;
    world
}

fn clicks() -> Vec<Click> {
    let base = || click(WORKSPACE, 1, ms(NOW) - 60_000, 1);
    let rich = || Click {
        user_agent: IPHONE.into(),
        referrer: "www.google.com".into(),
        language: "de-de".into(),
        utm: "utm_source=s&utm_medium=cpc&utm_campaign=c&utm_term=t&utm_content=k".into(),
        qr: true,
        link_id: 2,
        visitor: 2,
        ..base()
    };
    let bot = Click { user_agent: GOOGLEBOT.into(), visitor: 3, ..base() };
    vec![base(), base(), Click { visitor: 9, ..base() }, rich(), rich(), bot]
}

fn row(value: &str, clicks: i64, humans: i64, uniques: i64) -> Row {
    Row { value: value.into(), clicks, humans, uniques }
}

fn by(dimension: Dimension) -> QueryAnalyticsRequest {
    let breakdowns = vec![dimension.into()];
    QueryAnalyticsRequest { breakdowns, ..question(NOW - time::Duration::hours(1), NOW) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dimension_is_broken_down_and_filtered() {
    let world = world(clicks()).await;
    let rest = row("", 4, 3, 2);
    let with = |value: &str| vec![rest.clone(), row(value, 2, 2, 1)];
    for (dimension, expected) in [
        (Dimension::Country, vec![row("", 6, 5, 3)]),
        (Dimension::Region, vec![row("", 6, 5, 3)]),
        (Dimension::City, vec![row("", 6, 5, 3)]),
        (Dimension::Device, vec![row("desktop", 3, 3, 2), row("mobile", 2, 2, 1), row("bot", 1, 0, 0)]),
        (Dimension::Os, vec![row("Linux", 3, 3, 2), row("iOS", 2, 2, 1), row("", 1, 0, 0)]),
        (Dimension::Browser, vec![row("Firefox", 3, 3, 2), row("Safari", 2, 2, 1), row("Googlebot", 1, 0, 0)]),
        (Dimension::Referrer, with("google.com")),
        (Dimension::Channel, vec![row("direct", 4, 3, 2), row("paid", 2, 2, 1)]),
        (Dimension::UtmSource, with("s")),
        (Dimension::UtmMedium, with("cpc")),
        (Dimension::UtmCampaign, with("c")),
        (Dimension::UtmTerm, with("t")),
        (Dimension::UtmContent, with("k")),
        (Dimension::Language, with("de-DE")),
        (Dimension::Trigger, vec![row("click", 4, 3, 2), row("qr", 2, 2, 1)]),
        (Dimension::Link, vec![row("1", 4, 3, 2), row("2", 2, 2, 1)]),
    ] {
        let answer = world.query(by(dimension)).await.unwrap();
        assert_eq!(answer.breakdowns[0].rows, expected, "{dimension:?}");
        for row in expected {
            let filters = vec![DimensionFilter { dimension: dimension.into(), values: vec![row.value.clone()] }];
            let answer = world.query(QueryAnalyticsRequest { filters, ..by(dimension) }).await.unwrap();
            let totals = answer.totals.unwrap();
            assert_eq!(
                (totals.clicks, totals.humans, totals.uniques),
                (row.clicks, row.humans, row.uniques),
                "{dimension:?}"
            );
            assert_eq!(answer.breakdowns[0].rows, [row], "{dimension:?}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_filters_must_hold_and_one_value_of_each() {
    let world = world(clicks()).await;
    let filter = |dimension: Dimension, values: &[&str]| DimensionFilter {
        dimension: dimension.into(),
        values: values.iter().map(|value| (*value).into()).collect(),
    };
    let clicks = async |filters| {
        let request = QueryAnalyticsRequest { filters, ..question(NOW - time::Duration::hours(1), NOW) };
        world.query(request).await.unwrap().totals.unwrap().clicks
    };
    assert_eq!(clicks(vec![filter(Dimension::Os, &["Linux", "iOS"])]).await, 5);
    assert_eq!(clicks(vec![filter(Dimension::Os, &["Linux", "iOS"]), filter(Dimension::Trigger, &["qr"])]).await, 2);
    assert_eq!(clicks(vec![filter(Dimension::Os, &["Linux"]), filter(Dimension::Trigger, &["qr"])]).await, 0);
    assert_eq!(clicks(vec![filter(Dimension::Link, &["2", "not a number"])]).await, 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_cut_to_the_top() {
    let world = world(clicks()).await;
    let top = async |top| {
        world.query(QueryAnalyticsRequest { top, ..by(Dimension::Device) }).await.unwrap().breakdowns[0].rows.len()
    };
    assert_eq!((top(1).await, top(2).await, top(100).await), (1, 2, 3));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s36_metacharacters_are_text() {
    let hostile = |value: &&str| {
        let mut utm = String::from("utm_source=");
        value.bytes().for_each(|byte| utm.push_str(&format!("%{byte:02x}")));
        Click { utm, ..click(WORKSPACE, 1, ms(NOW) - 60_000, 1) }
    };
    let world = world(HOSTILE.iter().map(hostile).collect()).await;
    let rows = world.query(by(Dimension::UtmSource)).await.unwrap().breakdowns.remove(0).rows;
    let mut values: Vec<_> = rows.iter().map(|row| row.value.as_str()).collect();
    let mut expected = HOSTILE.to_vec();
    values.sort_unstable();
    expected.sort_unstable();
    assert_eq!(values, expected);
    for value in HOSTILE {
        let filters = vec![DimensionFilter { dimension: Dimension::UtmSource.into(), values: vec![value.into()] }];
        let answer = world.query(QueryAnalyticsRequest { filters, ..by(Dimension::Link) }).await.unwrap();
        assert_eq!(answer.totals.unwrap().clicks, 1, "{value}");
    }
    assert_eq!(world.raw_rows().await, HOSTILE.len() as i64);
    world.stop().await;
}
