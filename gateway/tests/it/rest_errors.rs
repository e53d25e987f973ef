//! What is refused over REST is a problem, whoever refuses it.

use reqwest::Method;
use serde_json::json;

use crate::platform::{Answer, Platform};
use crate::rest::{Account, assert_problem, field};

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/links/1/nothing", "/stats", "/shorten/x"] {
        assert_problem(&ann.get(path).await, 404, "NO_SUCH_PATH", "NO_SUCH_PATH");
    }
    for (method, path, allow) in [
        (Method::PUT, "/v1/links", "POST,GET,HEAD"),
        (Method::POST, "/v1/links/7", "GET,HEAD,PATCH,DELETE"),
        (Method::GET, "/shorten", "POST"),
        (Method::DELETE, "/v1/analytics/clicks.csv", "GET,HEAD"),
    ] {
        let refused = Answer::of(ann.request(method, path)).await;
        assert_problem(&refused, 405, "METHOD_NOT_ALLOWED", "METHOD_NOT_ALLOWED");
        assert_eq!(refused.headers["allow"], allow, "{path}");
    }
    let typed = |content_type: &'static str, body: String| {
        let request = ann.request(Method::POST, "/v1/links").header("content-type", content_type);
        Answer::of(request.body(body))
    };
    let link = r#"{"url":"https://example.org/"}"#;
    for wrong in
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data"]
    {
        assert_problem(&typed(wrong, link.into()).await, 415, "UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_MEDIA_TYPE");
    }
    let padded = |bytes: usize| format!("{link}{}", " ".repeat(bytes - link.len()));
    assert_eq!(typed("application/json", padded(platform.config.gateway.max_body_bytes)).await.status, 201);
    let large = typed("application/json", padded(platform.config.gateway.max_body_bytes + 1)).await;
    assert_problem(&large, 413, "BODY_TOO_LARGE", "BODY_TOO_LARGE");
    assert_eq!(large.body["limit"], platform.config.gateway.max_body_bytes);
    for malformed in ["", "{", "null", "[]", "\"x\""] {
        assert_eq!(typed("application/json", malformed.into()).await.body["code"], "BAD_REQUEST", "{malformed}");
    }
    let missing = ann.post("/v1/links", &json!({"title": "x"})).await;
    assert_problem(&missing, 400, "BAD_REQUEST", "MISSING");
    assert_eq!(field(&missing), "url");
    for nobody in ["7", "x", "9223372036854775808", "%ff", "..%2f..", "%00"] {
        let refused = ann.get(&format!("/v1/links/{nobody}")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["code"].as_str()),
            (404, Some("NOT_FOUND")),
            "{nobody}: {refused:?}"
        );
    }
    let host = Answer::of(ann.request(Method::GET, "/v1/links").header("host", "evil.example")).await;
    assert_problem(&host, 421, "MISDIRECTED_REQUEST", "MISDIRECTED_REQUEST");
    let long = Answer::of(ann.request(Method::GET, "/v1/links").header("x-long", "x".repeat(17 * 1024))).await;
    assert_problem(&long, 431, "HEADERS_TOO_LARGE", "HEADERS_TOO_LARGE");
}

#[tokio::test]
async fn s20_cookies_count_as_they_do_for_graphql() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let create = |headers: &[(&str, &str)]| {
        let request = platform.http.post(format!("{}/v1/links", platform.url)).header("cookie", &cookies);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.json(&json!({"url": "https://example.org/"})))
    };
    assert_problem(&create(&[]).await, 403, "CROSS_SITE_REQUEST", "CROSS_SITE_REQUEST");
    assert_problem(&create(&[("sec-fetch-site", "cross-site")]).await, 403, "CROSS_SITE_REQUEST", "CROSS_SITE_REQUEST");
    assert_problem(
        &create(&[("origin", "https://evil.example")]).await,
        403,
        "CROSS_SITE_REQUEST",
        "CROSS_SITE_REQUEST",
    );
    assert_eq!(create(&[("sec-fetch-site", "same-origin")]).await.status, 201);
    assert_eq!(create(&[("x-curtail-csrf", "1")]).await.status, 201);
    // A form of another page can send a POST without a body.
    let bare = platform.http.post(format!("{}/v1/links/1/restore", platform.url)).header("cookie", &cookies);
    assert_eq!(Answer::of(bare.header("sec-fetch-site", "cross-site")).await.status, 403);
    let get = platform.http.get(format!("{}/v1/links", platform.url)).header("cookie", &cookies);
    assert_problem(&Answer::of(get).await, 401, "UNAUTHENTICATED", "UNAUTHENTICATED");
}

#[tokio::test]
async fn nobody_is_refused_and_so_is_a_wrong_credential() {
    let platform = Platform::start(|_| {}).await;
    for operation in gateway::rest::OPERATIONS.iter().filter(|operation| !operation.public) {
        let path = operation.path.replace("{id}", "7").replace("{code}", "x").replace("{report}", "totals.csv");
        let request = || platform.http.request(operation.method.clone(), format!("{}{path}", platform.url));
        let nobody = Answer::of(request()).await;
        assert_problem(&nobody, 401, "UNAUTHENTICATED", "UNAUTHENTICATED");
        assert_eq!(nobody.headers["www-authenticate"], "Bearer realm=\"curtail\"");
        let wrong = Answer::of(request().header("x-api-key", "ck_live_wrong")).await;
        assert_problem(&wrong, 401, "UNAUTHENTICATED", "UNAUTHENTICATED");
        let basic = Answer::of(request().basic_auth("ann", Some("x"))).await;
        assert_problem(&basic, 401, "UNAUTHENTICATED", "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn s18_another_account_finds_nothing_of_ours() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (Account::register(&platform, "ann").await, Account::register(&platform, "bob").await);
    let link = ann.link(&json!({"url": "https://example.org/", "alias": "anns"})).await;
    let (id, workspace) = (link["id"].as_str().unwrap(), ann.workspace().await);
    let key = ann.post("/v1/api-keys", &json!({"name": "k", "scopes": ["READ"]})).await.body["apiKey"]["id"].clone();
    let send = |method: Method, path: String, body: serde_json::Value| {
        let request = bob.request(method, &path);
        Answer::of(if body.is_null() { request } else { request.json(&body) })
    };
    let url = json!({"url": "https://example.org/"});
    for (method, path, body) in [
        (Method::GET, format!("/v1/links/{id}"), json!(null)),
        (Method::PATCH, format!("/v1/links/{id}"), json!({"title": "mine"})),
        (Method::DELETE, format!("/v1/links/{id}"), json!(null)),
        (Method::POST, format!("/v1/links/{id}/restore"), json!(null)),
        (Method::GET, format!("/v1/links/{id}/stats"), json!(null)),
        (Method::GET, format!("/v1/links/{id}/qr"), json!(null)),
        (Method::GET, "/stats/anns".to_owned(), json!(null)),
        (Method::GET, format!("/v1/links?workspace={workspace}"), json!(null)),
        (Method::POST, format!("/v1/links?workspace={workspace}"), url.clone()),
        (Method::POST, format!("/v1/links/bulk?workspace={workspace}"), json!({"links": [url]})),
        (Method::GET, format!("/v1/stats?workspace={workspace}"), json!(null)),
        (Method::GET, format!("/v1/search?workspace={workspace}"), json!(null)),
        (Method::GET, format!("/v1/api-keys?workspace={workspace}"), json!(null)),
        (Method::POST, format!("/v1/api-keys?workspace={workspace}"), json!({"name": "k", "scopes": ["READ"]})),
        (Method::DELETE, format!("/v1/api-keys/{}", key.as_str().unwrap()), json!(null)),
    ] {
        let refused = send(method.clone(), path.clone(), body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["code"].as_str()),
            (404, Some("NOT_FOUND")),
            "{method} {path}: {refused:?}"
        );
    }
    assert_eq!(ann.get(&format!("/v1/links/{id}")).await.body, link);
}

#[tokio::test]
async fn bodies_are_refused_in_words_for_people() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let send = |body: &'static str| {
        Answer::of(ann.request(Method::POST, "/v1/links").header("content-type", "application/json").body(body))
    };
    for body in ["[]", "null", "[\"https://example.org/\"]"] {
        let refused = send(body).await;
        assert_eq!(refused.status, 400, "{body}: {refused:?}");
        assert!(refused.body.to_string().contains("the body must be a JSON object"), "{body}: {refused:?}");
    }
    for wrong in ["5", "true", "[]", "{}", "\"tomorrow\"", "\"2027-01-01T00:00\""] {
        let body = format!(r#"{{"url": "https://example.org/", "expiresAt": {wrong}}}"#);
        let request = ann.request(Method::POST, "/v1/links").header("content-type", "application/json");
        let refused = Answer::of(request.body(body)).await;
        let form = "expiresAt must be a time with its offset, for example 2027-01-01T09:00:00+01:00";
        assert!(refused.status == 400 && refused.body.to_string().contains(form), "{wrong}: {refused:?}");
    }
    let packed = ann.request(Method::POST, "/v1/links").header("content-encoding", "gzip");
    assert_eq!(Answer::of(packed.json(&json!({"url": "https://example.org/"}))).await.status, 415);
    for body in [
        "\u{feff}{\"url\": \"https://example.org/\"}",
        r#"{"url": "https://example.org/", "tags": null, "forwardQuery": null, "title": null, "expiresAt": null}"#,
    ] {
        assert_eq!(send(body).await.status, 201, "{body}");
    }
}
