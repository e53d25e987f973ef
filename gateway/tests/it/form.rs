//! The form of requests and the statuses of answers.

use serde_json::json;

use crate::platform::{Answer, Platform};

#[tokio::test]
async fn each_form_has_its_status() {
    let platform = Platform::start(|_| {}).await;
    let url = format!("{}/graphql", platform.url);
    let http = &platform.http;
    let json = |body: &'static str| http.post(&url).header("content-type", "application/json").body(body);
    let text = |kind: &'static str| http.post(&url).header("content-type", kind).body(r#"{"query":"{version}"}"#);
    let long_body = format!(r#"{{"query":"{{version}}","x":"{}"}}"#, "x".repeat(262_144));
    let long_header = "x".repeat(17_000);
    for (name, request, status, code) in [
        ("a query", json(r#"{"query":"{version}"}"#), 200, ""),
        ("a query by GET", http.get(format!("{url}?query={{version}}")), 200, ""),
        ("a batch", json(r#"[{"query":"{version}"}]"#), 400, "BAD_REQUEST"),
        ("no JSON", json("{"), 400, "BAD_REQUEST"),
        ("no body", http.post(&url).header("content-type", "application/json"), 400, "BAD_REQUEST"),
        ("wrong variables", json(r#"{"query":"{version}","variables":[]}"#), 400, "BAD_REQUEST"),
        ("GET without a query", http.get(&url), 400, "BAD_REQUEST"),
        ("plain text", text("text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("a form", text("application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart", text("multipart/form-data; boundary=x"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("no type", http.post(&url).body(r#"{"query":"{version}"}"#), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            "a GET that claims a type",
            http.get(format!("{url}?query={{version}}")).header("content-type", "text/plain"),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("a mutation by GET", http.get(format!("{url}?query=mutation{{__typename}}")), 405, "METHOD_NOT_ALLOWED"),
        ("PUT", http.put(&url).body("x"), 405, "METHOD_NOT_ALLOWED"),
        ("only HTML", json(r#"{"query":"{version}"}"#).header("accept", "text/html"), 406, "NOT_ACCEPTABLE"),
        (
            "a long body",
            http.post(&url).header("content-type", "application/json").body(long_body),
            413,
            "BODY_TOO_LARGE",
        ),
        ("long headers", json(r#"{"query":"{version}"}"#).header("x-long", long_header), 431, "HEADERS_TOO_LARGE"),
        ("another path", http.get(format!("{}/nothing", platform.url)), 404, "NO_SUCH_PATH"),
        ("no GraphQL", json(r#"{"query":"{"}"#), 200, "GRAPHQL_PARSE_FAILED"),
        (
            "no GraphQL, strict",
            json(r#"{"query":"{"}"#).header("accept", "application/graphql-response+json"),
            400,
            "GRAPHQL_PARSE_FAILED",
        ),
    ] {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{name}: {answer:?}");
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{name}");
    }
}

#[tokio::test]
async fn a_refusal_names_its_bound_and_the_request() {
    let platform = Platform::start(|config| config.gateway.max_aliases = 2).await;
    let request = platform.post("{ a: version b: version c: version }", json!({})).header("x-request-id", "mine-1");
    let answer = Answer::of(request).await;
    let extensions = json!({"code": "TOO_MANY_ALIASES", "limit": 2, "requestId": "mine-1"});
    assert_eq!(answer.body["errors"][0]["extensions"], extensions);
    assert_eq!(answer.headers["x-request-id"], "mine-1");
    assert!(answer.body.get("data").is_none());
}
