//! S28, S29: hosts, caching and the headers of every answer.

use serde_json::json;

use crate::platform::{Answer, Platform};

#[tokio::test]
async fn s28_another_host_is_misdirected_whatever_is_asked() {
    let platform = Platform::start(|_| {}).await;
    for host in ["evil.example", "localhost.evil.example", "evil@localhost"] {
        let answer = Answer::of(platform.post("{version}", json!({})).header("host", host)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (421, "MISDIRECTED_REQUEST"), "{host}");
        assert!(!answer.body.to_string().contains("evil"));
    }
    let forwarded = platform.post("{version}", json!({})).header("x-forwarded-host", "evil.example");
    assert_eq!(Answer::of(forwarded).await.status, 200);
}

#[tokio::test]
async fn s29_nothing_is_cached_and_every_answer_varies() {
    let platform = Platform::start(|_| {}).await;
    let get = |path: &str| platform.http.get(format!("{}{path}", platform.url));
    for (request, status) in [
        (platform.post("{version}", json!({})), 200),
        (get("/graphql?query={version}"), 200),
        (get("/graphql"), 400),
        (get("/nothing"), 404),
        (platform.post("{version}", json!({})).header("host", "evil.example"), 421),
        (platform.post("{version}", json!({})).bearer_auth("nonsense"), 401),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status);
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("cache-control"), "no-store");
        for part in ["Accept", "Authorization", "Cookie", "Origin", "Sec-Fetch-Site"] {
            assert!(header("vary").contains(part), "{part}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff");
        let policy = header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(answer.headers.get("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn the_playground_is_ours_and_can_be_switched_off() {
    let platform = Platform::start(|_| {}).await;
    let get = async |path: &str| Answer::of(platform.http.get(format!("{}{path}", platform.url))).await;
    let page = get("/playground").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(page.status == 200 && !policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert!(!page.body.as_str().unwrap().contains("https://"));
    let script = get("/assets/playground/playground.js").await;
    assert_eq!((script.status.as_u16(), script.headers["x-content-type-options"].to_str().unwrap()), (200, "nosniff"));
    assert_eq!(get("/assets/playground/../../secret").await.status, 404);

    let without = Platform::start(|config| config.gateway.playground = false).await;
    assert_eq!(Answer::of(without.http.get(format!("{}/playground", without.url))).await.status, 404);
}
