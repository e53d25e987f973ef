//! S28, S29: hosts, caching and the headers of every answer.

use reqwest::Method;
use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::socket::access;

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

#[tokio::test]
async fn refusals_of_every_layer_carry_the_headers() {
    let platform = Platform::start(|config| {
        (config.gateway.anonymous_per_minute, config.gateway.live_connections) = (2, 0);
    })
    .await;
    // Someone with a bucket of their own.
    let bob = platform.register("bob").await;
    let at = |method: Method, path: &str| platform.http.request(method, format!("{}{path}", platform.url));
    let post = |body: String| at(Method::POST, "/graphql").header("content-type", "application/json").body(body);
    let largest = platform.config.gateway.max_body_bytes;
    for (request, status) in [
        (at(Method::GET, "/nothing"), 404),
        (at(Method::DELETE, "/graphql"), 405),
        (at(Method::POST, "/login"), 405),
        (at(Method::GET, "/graphql").header("accept", "text/csv"), 406),
        (post("x".repeat(largest + 1)), 413),
        (at(Method::POST, "/graphql").body("{}"), 415),
        (post("{}".to_owned()).header("host", "evil.example"), 421),
        (post("{}".to_owned()).header("x-long", "x".repeat(platform.config.gateway.max_header_bytes)), 431),
        (post(json!({"query": "{ version }"}).to_string()), 200),
        (post(json!({"query": "{ version }"}).to_string()), 429),
        (
            at(Method::GET, "/graphql?query={version}").header("accept", "text/event-stream").bearer_auth(access(&bob)),
            503,
        ),
        (at(Method::GET, "/assets/pages/login.js"), 200),
        (at(Method::GET, "/login"), 200),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        for (name, value) in [
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ] {
            assert_eq!(answer.headers.get(name).and_then(|value| value.to_str().ok()), Some(value), "{status} {name}");
        }
        for name in ["content-security-policy", "cache-control", "vary", "x-request-id"] {
            assert!(answer.headers.contains_key(name), "{status} {name}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{status}");
    }
}

#[tokio::test]
async fn only_allowed_origins_pass_a_preflight_and_its_answers_vary_all_the_same() {
    let admin = "https://admin.example";
    let platform = Platform::start(|config| config.gateway.allowed_origins = vec![admin.to_owned()]).await;
    let preflight = async |origin: &str| {
        let request = platform.http.request(Method::OPTIONS, format!("{}/graphql", platform.url));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        Answer::of(request.header("access-control-request-headers", "content-type,authorization")).await
    };
    let text = |answer: &Answer, name: &str| {
        let values = answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_lowercase());
        values.collect::<Vec<_>>().join(",")
    };
    let allowed = preflight(admin).await;
    assert_eq!((allowed.status.as_u16(), text(&allowed, "access-control-allow-origin").as_str()), (200, admin));
    assert_eq!(text(&allowed, "access-control-allow-credentials"), "true");
    for (name, part) in [
        ("access-control-allow-headers", "authorization"),
        ("access-control-allow-headers", "graphql-preflight"),
        ("access-control-allow-methods", "post"),
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert!(text(&allowed, name).contains(part), "{name}: {}", text(&allowed, name));
    }
    for origin in ["https://evil.example", "http://admin.example", "https://admin.example.evil", "null"] {
        let refused = preflight(origin).await;
        assert!(!refused.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let answer = Answer::of(platform.post("{version}", json!({})).header("origin", admin)).await;
    assert_eq!(text(&answer, "access-control-allow-origin"), admin);
    assert!(text(&answer, "access-control-expose-headers").contains("retry-after"));
    for part in ["origin", "accept", "authorization", "cookie", "sec-fetch-site"] {
        assert!(text(&answer, "vary").contains(part), "{part}");
    }
}
