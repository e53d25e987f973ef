//! Statistics over REST.

use std::time::Duration;

use axum::body::Bytes;
use curtail_proto::events::v1::{Click, ClickBatch};
use prost::Message as _;
use serde_json::{Value, json};

use crate::platform::Platform;
use crate::rest::{Account, assert_problem, field};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

#[tokio::test]
async fn clicks_are_counted_for_links_workspaces_and_codes() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 100_000).await;
    let ann = Account::register(&platform, "ann").await;
    let mut ids = Vec::new();
    for code in ["one", "two"] {
        let link = ann.link(&json!({"url": "https://example.org/", "alias": code})).await;
        ids.push(link["id"].as_str().unwrap().to_owned());
    }
    let workspace_id: i64 = ann.workspace().await.parse().unwrap();
    let click = |number: u64| Click {
        at_ms: curtail_clock::Clock::system().unix_ms() - 60_000,
        link_id: ids[usize::from(number >= 30)].parse().unwrap(),
        workspace_id,
        visitor: number + 1,
        user_agent: FIREFOX.into(),
        qr: number < 10,
        ..Click::default()
    };
    let batch =
        ClickBatch { producer_id: vec![7; 16], first_seq: 1, clicks: (0..40).map(click).collect(), lost_through: 0 };
    let redis = curtail_streams::connect(&platform.config.redis).await.unwrap();
    curtail_streams::append(&redis, "clicks:0", vec![("b", Bytes::from(batch.encode_to_vec()))]).await.unwrap();
    let counted = async || ann.get("/v1/stats").await.body["totals"]["clicks"] == 40;
    curtail_testkit::until(counted, Duration::from_secs(30), "the clicks are counted").await;

    let of_one = format!("/v1/links/{}/stats", ids[0]);
    let stats = ann
        .get(&format!("{of_one}?step=DAY&dimension=TRIGGER&dimension=BROWSER&comparePrevious=true&timeZone=Asia/Tokyo"))
        .await;
    assert_eq!(stats.status, 200, "{stats:?}");
    assert_eq!((&stats.body["totals"]["clicks"], &stats.body["totals"]["uniques"]), (&json!(30), &json!(30)));
    let row = |value: &str, clicks: u32| json!({"value": value, "clicks": clicks, "humans": clicks, "uniques": clicks});
    assert_eq!(
        stats.body["breakdowns"][0]["rows"],
        json!([row("click", 20), row("qr", 10)]),
        "scans are counted apart"
    );
    assert_eq!(stats.body["breakdowns"][1]["dimension"], "BROWSER");
    assert_eq!(stats.body["previous"]["clicks"], 0);
    let series = stats.body["series"].as_array().unwrap();
    assert!((30..=32).contains(&series.len()), "{}", series.len());
    assert_eq!(series.iter().filter_map(|bucket| bucket["totals"]["clicks"].as_i64()).sum::<i64>(), 30);
    let plain = ann.get(&of_one).await;
    assert_eq!(
        (&plain.body["series"], &plain.body["breakdowns"], &plain.body["previous"]),
        (&json!([]), &json!([]), &Value::Null)
    );
    assert_eq!(ann.get(&format!("{of_one}?filter=TRIGGER:qr")).await.body["totals"]["clicks"], 10);
    let of_link = ann.get(&format!("/v1/stats?link={}&dimension=LINK&top=1", ids[1])).await;
    assert_eq!(of_link.body["totals"]["clicks"], 10);

    let small = ann.get("/stats/one").await;
    assert_eq!(
        (small.status.as_u16(), &small.body["clicks"], &small.body["code"]),
        (200, &json!(30), &json!("one")),
        "{small:?}"
    );
    assert!(small.body["lastClickAt"].is_string());
    assert_problem(&ann.get("/stats/three").await, 404, "NOT_FOUND", "LINK_NOT_FOUND");
    for (query, status, name) in [
        ("dimension=PLANET", 400, "dimension[0]"),
        ("step=day", 400, "step"),
        ("link=1&tag=a", 400, "link"),
        ("dimension=OS&top=101", 422, "top"),
        ("dimension=OS&dimension=OS", 422, "dimension"),
        ("filter=OS:%00", 422, "filter"),
        ("timeZone=Mars/Olympus", 422, "timeZone"),
        ("from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", 422, "until"),
    ] {
        let refused = ann.get(&format!("/v1/stats?{query}")).await;
        assert_eq!((refused.status.as_u16(), field(&refused)), (status, name), "{query}: {refused:?}");
    }
}

#[tokio::test]
async fn the_small_form_shortens_and_counts() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let made = ann.post("/shorten", &json!({"url": "https://example.org/a", "alias": "small"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!((&made.body["code"], &made.body["url"]), (&json!("small"), &json!("https://example.org/a")));
    assert!(made.body["shortUrl"].as_str().unwrap().ends_with("/small"));
    let stats = ann.get("/stats/small").await;
    assert_eq!(
        (&stats.body["clicks"], &stats.body["lastClickAt"], &stats.body["shortUrl"]),
        (&json!(0), &Value::Null, &made.body["shortUrl"])
    );
    assert_eq!(field(&ann.post("/shorten", &json!({"longUrl": "https://example.org/a"})).await), "longUrl");
}

#[tokio::test]
async fn links_are_found_by_their_words() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 100_000).await;
    let ann = Account::register(&platform, "ann").await;
    for number in 0..3 {
        ann.link(&json!({"url": format!("https://example.org/{number}"), "title": "Spring sale", "tags": ["shop"]}))
            .await;
    }
    let all = async || ann.get("/v1/search?text=sprnig").await.body["total"] == 3;
    curtail_testkit::until(all, Duration::from_secs(20), "all are found").await;
    let page = ann.get("/v1/search?text=spring&tag=SHOP&state=ACTIVE&limit=2").await;
    assert_eq!((page.body["data"].as_array().unwrap().len(), &page.body["total"]), (2, &json!(3)), "{page:?}");
    assert_eq!(page.body["data"][0]["highlights"][0]["parts"], json!(["", "Spring", " sale"]));
    assert_eq!(page.body["facets"]["tags"], json!([{"value": "shop", "count": 3}]));
    let next = page.headers["link"].to_str().unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned();
    let rest = ann.get(&next).await;
    assert_eq!((rest.body["data"].as_array().unwrap().len(), &rest.body["nextCursor"]), (1, &Value::Null), "{rest:?}");
    assert_eq!(field(&ann.get("/v1/search?limit=101").await), "limit");
}
