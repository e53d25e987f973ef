//! S20: requests that a page of another origin makes a browser send.

use serde_json::{Value, json};

use crate::platform::{Answer, PASSWORD, Platform};

const VIEWER: &str = "{ viewer { email } }";

#[tokio::test]
async fn s20_cookies_count_on_our_pages_only() {
    let platform = Platform::start(|config| {
        config.gateway.allowed_origins = vec!["https://admin.example".to_owned()];
    })
    .await;
    let cookies = platform.register("ann").await;
    let with = |pairs: &[(&str, &str)]| {
        let request = platform.post(VIEWER, json!({})).header("cookie", &cookies);
        pairs.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for (pairs, status) in [
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("origin", "https://admin.example")], 200),
        (vec![("x-curtail-csrf", "1")], 200),
        (vec![], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("x-curtail-csrf", "1")], 403),
    ] {
        let answer = Answer::of(with(&pairs)).await;
        assert_eq!(answer.status.as_u16(), status, "{pairs:?}");
        let seen = answer.body["data"]["viewer"]["email"].as_str().unwrap_or_default();
        assert_eq!(seen.is_empty(), status != 200, "{pairs:?}: {answer:?}");
    }
    // Simple requests, which need no preflight, never get as far as that.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = platform.http.post(format!("{}/graphql", platform.url)).header("content-type", kind);
        let request = request.header("cookie", &cookies).header("origin", "https://evil.example").body("{}");
        assert_eq!(Answer::of(request).await.status, 415, "{kind}");
    }
}

#[tokio::test]
async fn s20_a_get_ignores_cookies_unless_it_is_ours() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let get = |site: &'static str| {
        let url = format!("{}/graphql?query={VIEWER}", platform.url);
        platform.http.get(url).header("cookie", &cookies).header("sec-fetch-site", site)
    };
    for (site, seen) in [("same-origin", true), ("none", true), ("cross-site", false), ("same-site", false)] {
        let answer = Answer::of(get(site)).await;
        assert_eq!((answer.status.as_u16(), answer.body["data"]["viewer"].is_object()), (200, seen), "{site}");
    }
}

#[tokio::test]
async fn s20_nobody_is_signed_in_to_another_account() {
    let platform = Platform::start(|_| {}).await;
    platform.register("mallory").await;
    let login = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }";
    let input = json!({"input": {"email": "mallory@example.org", "password": PASSWORD}});
    let forged = Answer::of(platform.post(login, input.clone()).header("origin", "https://evil.example")).await;
    assert_eq!((forged.status.as_u16(), forged.code()), (403, "CROSS_SITE_REQUEST"));
    assert!(forged.headers.get("set-cookie").is_none());

    let own = Answer::of(platform.post(login, input).header("sec-fetch-site", "same-origin")).await;
    let cookies: Vec<_> = own.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(!cookies.is_empty(), "{own:?}");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-curtail_"), "{cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_stale_cookie_does_not_keep_its_owner_out() {
    let platform = Platform::start(|_| {}).await;
    platform.register("ann").await;
    let stale = "__Host-curtail_access=v4.public.stale";
    let refused = platform.as_page(stale, VIEWER, Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "UNAUTHENTICATED"));
    assert!(refused.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let login = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }";
    let input = json!({"input": {"email": "ann@example.org", "password": PASSWORD}});
    let answer = platform.as_page(stale, login, input).await;
    assert!(answer.body["data"]["login"]["tokens"].is_object(), "{answer:?}");
}

#[tokio::test]
async fn s20_an_event_stream_of_another_origin_does_not_open() {
    let platform = Platform::start(|_| {}).await;
    let open = |origin: &str| {
        let url = format!("{}/graphql?query=subscription%7Bclicks%7Bskipped%7D%7D", platform.url);
        Answer::of(platform.http.get(url).header("accept", "text/event-stream").header("origin", origin))
    };
    let foreign = open("https://evil.example").await;
    assert_eq!((foreign.status.as_u16(), foreign.code()), (403, "CROSS_SITE_REQUEST"), "{foreign:?}");
}
