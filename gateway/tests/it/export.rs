//! Clicks as CSV.

use std::time::Duration;

use axum::body::Bytes;
use curtail_proto::events::v1::{Click, ClickBatch};
use curtail_testkit::until;
use prost::Message as _;
use reqwest::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::platform::{Answer, Platform};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A file, or what stands in its place.
struct Download {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    text: String,
}

async fn download(platform: &Platform, cookies: &str, path: &str) -> Download {
    let request = platform.http.get(format!("{}/v1/analytics/{path}", platform.url)).header("cookie", cookies);
    let answer = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Download { status, headers, text: answer.text().await.unwrap() }
}

async fn workspace(platform: &Platform, cookies: &str) -> i64 {
    let answer = platform.as_page(cookies, "{ viewer { workspaces { id } } }", json!({})).await;
    answer.body["data"]["viewer"]["workspaces"][0]["id"].as_str().unwrap().parse().unwrap()
}

/// Clicks of the last minutes, counted.
async fn click(platform: &Platform, cookies: &str, clicks: Vec<Click>) {
    let redis = curtail_streams::connect(&platform.config.redis).await.unwrap();
    let all = clicks.len();
    for (some, first) in clicks.chunks(500).zip((1..).step_by(500)) {
        let batch = ClickBatch { producer_id: vec![7; 16], first_seq: first, clicks: some.to_vec(), lost_through: 0 };
        curtail_streams::append(&redis, "clicks:0", vec![("b", Bytes::from(batch.encode_to_vec()))]).await.unwrap();
    }
    let totals = format!("totals.csv?{}", range());
    let counted = async || download(platform, cookies, &totals).await.text.contains(&format!(",{all},{all},0,"));
    until(counted, Duration::from_secs(30), "the clicks are counted").await;
}

fn range() -> String {
    let now = OffsetDateTime::from_unix_timestamp(curtail_clock::Clock::system().unix_ms() / 1000).unwrap();
    let text = |at: OffsetDateTime| at.format(&Rfc3339).unwrap();
    format!("from={}&until={}", text(now - Duration::from_secs(3600)), text(now + Duration::from_secs(60)))
}

#[tokio::test]
async fn clicks_totals_series_and_breakdowns_are_files() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 100_000).await;
    let ann = platform.register("ann").await;
    let workspace_id = workspace(&platform, &ann).await;
    let base = |n: u64| Click {
        at_ms: curtail_clock::Clock::system().unix_ms() - 60_000,
        link_id: 1 + (n % 2) as i64,
        workspace_id,
        visitor: n + 1,
        user_agent: FIREFOX.into(),
        ..Click::default()
    };
    let mut clicks: Vec<Click> = (0..2_500).map(base).collect();
    // S25, S26: what a visitor sends ends in someone's spreadsheet.
    clicks[0].utm = "utm_source=%3DHYPERLINK(%22https://evil.example%22)&utm_campaign=a%2Cb%0A".into();
    click(&platform, &ann, clicks).await;

    let file = download(&platform, &ann, &format!("clicks.csv?{}", range())).await;
    assert_eq!(file.status, 200, "{}", file.text);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"clicks.csv\"");
    assert!(file.headers.contains_key("ratelimit"));
    let lines: Vec<&str> = file.text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 2_501);
    assert!(lines[0].starts_with("at,link_id,bot,trigger,country,"), "{}", lines[0]);
    assert!(lines[1].contains(",false,click,") && lines[1].contains(",desktop,Linux,Firefox,"), "{}", lines[1]);
    assert!(file.text.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\")\",,\"a,b\","), "the formula is text");

    let second = download(&platform, &ann, &format!("clicks.csv?link=2&{}", range())).await;
    assert_eq!(second.text.lines().count(), 1_251);
    let none = download(&platform, &ann, &format!("clicks.csv?filter=DEVICE:mobile&{}", range())).await;
    assert_eq!(none.text.lines().count(), 1, "{}", none.text);
    let totals = download(&platform, &ann, &format!("totals.csv?{}", range())).await;
    assert!(totals.text.lines().nth(1).unwrap().contains(",2500,2500,0,2500,"), "{}", totals.text);
    let series = download(&platform, &ann, &format!("series.csv?step=MINUTE&{}", range())).await;
    assert!((61..=63).contains(&series.text.lines().count()), "{}", series.text);
    let breakdown = format!("breakdown.csv?dimension=LINK&dimension=DEVICE&{}", range());
    let breakdown = download(&platform, &ann, &breakdown).await;
    assert_eq!(
        breakdown.text,
        "dimension,value,clicks,humans,uniques\r\nLINK,1,1250,1250,1250\r\nLINK,2,1250,1250,1250\r\nDEVICE,desktop,2500,2500,2500\r\n"
    );
}

#[tokio::test]
async fn s18_strangers_and_nobody_get_no_file() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let anns = workspace(&platform, &ann).await;
    for (cookies, path, status, code) in [
        ("", format!("clicks.csv?{}", range()), 401, "UNAUTHENTICATED"),
        (bob.as_str(), format!("clicks.csv?workspace={anns}&{}", range()), 404, "NOT_FOUND"),
        (bob.as_str(), format!("totals.csv?workspace={anns}&{}", range()), 404, "NOT_FOUND"),
        (ann.as_str(), format!("other.csv?{}", range()), 404, "NO_SUCH_PATH"),
        (ann.as_str(), "clicks.csv?until=2026-01-01T00:00:00Z&from=2026-01-02T00:00:00Z".to_owned(), 422, "INVALID"),
        (ann.as_str(), format!("clicks.csv?colour=red&{}", range()), 400, "BAD_REQUEST"),
        (ann.as_str(), format!("breakdown.csv?{}", range()), 400, "BAD_REQUEST"),
    ] {
        let refused = download(&platform, cookies, &path).await;
        assert_eq!(refused.status.as_u16(), status, "{path}: {}", refused.text);
        assert_eq!(refused.headers["content-type"], "application/problem+json", "{path}");
        let problem: serde_json::Value = serde_json::from_str(&refused.text).unwrap();
        assert_eq!(problem["code"], code, "{path}");
        assert!(problem["requestId"].as_str().is_some_and(|id| !id.is_empty()));
    }
    // A page of another site brings the cookies along, but they do not count.
    let request = platform.http.get(format!("{}/v1/analytics/totals.csv?{}", platform.url, range()));
    let request = request.header("cookie", &ann).header("sec-fetch-site", "cross-site");
    assert_eq!(Answer::of(request).await.status, 401);
    let post = platform.http.post(format!("{}/v1/analytics/totals.csv", platform.url)).header("cookie", &ann);
    assert_eq!(Answer::of(post).await.status, 405);
}
