//! REST and GraphQL share credentials, buckets and time.

use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::rest::{Account, assert_problem};

/// What is left in the bucket after `answer`.
fn left(answer: &Answer) -> u64 {
    let value = answer.headers["ratelimit"].to_str().unwrap();
    value.split(";r=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_operation_takes_its_units_out_of_the_one_bucket() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 40).await;
    let ann = Account::register(&platform, "ann").await;
    let made = ann.post("/v1/links", &json!({"url": "https://example.org/"})).await;
    assert_eq!(made.headers["ratelimit-policy"], "\"user\";q=40;w=60");
    let path = made.headers["location"].to_str().unwrap();
    assert_eq!(left(&made), 39);
    assert_eq!(left(&ann.get(path).await), 38);
    assert_eq!(left(&ann.get(&format!("{path}/qr")).await), 36);
    let many = vec![json!({"url": "https://example.org/"}); 101];
    assert_eq!(
        left(&ann.post("/v1/links/bulk", &json!({"links": many})).await),
        34,
        "a unit for each started hundred links"
    );
    let graphql = platform.post("{ __typename }", json!({})).bearer_auth(&ann.token);
    assert_eq!(left(&Answer::of(graphql).await), 33);
    let malformed = ann.get("/v1/search?nothing=1").await;
    assert_problem(&malformed, 400, "BAD_REQUEST", "UNKNOWN_PARAMETER");
    assert_eq!(left(&malformed), 31, "what is malformed costs the same");

    let mut last = malformed;
    while last.status != 429 {
        last = ann.get("/v1/analytics/totals.csv?from=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z").await;
    }
    assert_problem(&last, 429, "RATE_LIMITED", "RATE_LIMITED");
    assert_eq!(last.body["retryAfter"].to_string(), last.headers["retry-after"].to_str().unwrap());
    assert!(left(&last) < 5);
}

#[tokio::test]
async fn an_address_that_floods_is_told_so_as_a_problem() {
    let platform = Platform::start(|config| (config.gateway.ip_per_second, config.gateway.ip_burst) = (1, 5)).await;
    let asked = async || Answer::of(platform.http.get(format!("{}/v1/openapi.json", platform.url))).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(asked().await);
    }
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_problem(refused, 429, "RATE_LIMITED", "RATE_LIMITED");
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/"})).await;
    let made =
        ann.post("/v1/api-keys", &json!({"name": "reader", "scopes": ["READ"], "rateLimitPerMinute": 500})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (id, secret) = (made.body["apiKey"]["id"].as_str().unwrap(), made.body["secret"].as_str().unwrap());
    assert!(secret.starts_with("ck_live_") && secret.starts_with(made.body["apiKey"]["prefix"].as_str().unwrap()));
    let listed = ann.get("/v1/api-keys").await;
    assert_eq!(
        (&listed.body["data"][0]["name"], &listed.body["data"][0]["rateLimitPerMinute"]),
        (&json!("reader"), &json!(500))
    );
    assert!(!listed.body.to_string().contains(secret));

    let with_key = |method: reqwest::Method, path: &str| {
        platform.http.request(method, format!("{}{path}", platform.url)).header("x-api-key", secret)
    };
    let path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    let read = Answer::of(with_key(reqwest::Method::GET, &path)).await;
    assert_eq!((read.status.as_u16(), &read.body), (200, &link));
    assert_eq!(read.headers["ratelimit-policy"], "\"api-key\";q=500;w=60");
    let write = Answer::of(with_key(reqwest::Method::DELETE, &path)).await;
    assert_problem(&write, 403, "FORBIDDEN", "SCOPE_MISSING");
    assert_eq!(ann.delete(&format!("/v1/api-keys/{id}")).await.status, 204);
    let refused = async || Answer::of(with_key(reqwest::Method::GET, &path)).await.status == 401;
    curtail_testkit::until(refused, std::time::Duration::from_secs(10), "the key is refused").await;
    let wrong = ann.post("/v1/api-keys", &json!({"name": "", "scopes": []})).await;
    assert_eq!((wrong.status.as_u16(), wrong.body["code"].as_str()), (422, Some("INVALID")), "{wrong:?}");
}
