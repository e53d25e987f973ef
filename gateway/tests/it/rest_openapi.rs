//! The OpenAPI document says what the gateway does.

use std::collections::BTreeSet;

use boon::{Compiler, Draft, Schemas};
use gateway::rest::{OPERATIONS, Operation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::platform::{Answer, Platform};
use crate::rest::Account;

/// The document, as a client reads it.
struct Contract {
    document: Value,
}

impl Contract {
    fn responses(&self, operation: &Operation) -> &Value {
        &self.document["paths"][operation.path][operation.method.as_str().to_lowercase()]["responses"]
    }

    /// Asserts that `answer` is one that the document tells of.
    fn check(&self, operation: &Operation, answer: &Answer) {
        let (id, responses) = (operation.id, self.responses(operation));
        let exact = &responses[answer.status.as_str()];
        let class = &responses[format!("{}XX", answer.status.as_u16() / 100)];
        let response = if exact.is_object() { exact } else { class };
        let response = match response["$ref"].as_str() {
            Some(name) => &self.document["components"]["responses"][name.rsplit('/').next().unwrap()],
            None => response,
        };
        assert!(response.is_object(), "{id}: {} is not in the document: {answer:?}", answer.status);
        for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            let depends = ["Link", "Retry-After", "Curtail-Details-From"].contains(&name.as_str());
            assert!(depends || answer.headers.contains_key(name.as_str()), "{id}: {name} is missing: {answer:?}");
        }
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.body, json!(""), "{id}");
            return;
        };
        let media_type = answer.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
        let content = content.get(media_type).unwrap_or_else(|| panic!("{id}: {media_type} is not in the document"));
        if let Some(schema) = content.get("schema") {
            self.validate(schema, &answer.body).unwrap_or_else(|error| panic!("{id}: {error:#}\n{answer:?}"));
        }
    }

    fn validate(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource("https://schema.example/", whole).unwrap();
        let index = compiler.compile("https://schema.example/", &mut schemas).unwrap();
        schemas.validate(value, index).map_err(|error| format!("{error:#}"))
    }
}

#[tokio::test]
async fn real_answers_are_those_of_the_document() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 100_000).await;
    let ann = Account::register(&platform, "ann").await;
    let operator = Account::operator(&platform, "olga").await;
    let served = Answer::of(platform.http.get(format!("{}/v1/openapi.json", platform.url))).await;
    let contract = Contract { document: served.body };
    let link = ann.link(&json!({"url": "https://example.org/", "alias": "mine", "tags": ["a"], "maxClicks": 3})).await;
    let key = ann.post("/v1/api-keys", &json!({"name": "k", "scopes": ["READ"]})).await.body["apiKey"]["id"].clone();
    let link_path = |rest: &str| format!("/v1/links/{}{rest}", link["id"].as_str().unwrap());
    let range = "from=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z";
    let new = json!({"url": "https://example.org/b", "expiresAt": "2099-01-01T00:00:00Z"});

    let mut seen = BTreeSet::new();
    for (id, path, body) in [
        ("createLink", "/v1/links".to_owned(), new.clone()),
        ("createLink", "/v1/links?findExisting=true".to_owned(), new.clone()),
        ("listLinks", "/v1/links?limit=1".to_owned(), json!(null)),
        ("createLinks", "/v1/links/bulk".to_owned(), json!({"links": [new, {"url": "x"}]})),
        ("getLink", link_path(""), json!(null)),
        ("updateLink", link_path(""), json!({"title": null, "tags": ["b"], "startsAt": "2026-01-01T00:00:00Z"})),
        ("getLinkStats", link_path("/stats?step=WEEK&dimension=COUNTRY&comparePrevious=true"), json!(null)),
        ("getLinkQr", link_path("/qr?format=svg"), json!(null)),
        ("deleteLink", link_path(""), json!(null)),
        ("restoreLink", link_path("/restore"), json!(null)),
        (
            "updateLinks",
            "/v1/links/bulk/update".to_owned(),
            json!({"links": {"ids": [link["id"], "1"]}, "change": {"addTags": ["c/d", "e"], "expiresAt": null}}),
        ),
        ("renameTag", "/v1/tags/c%2Fd".to_owned(), json!({"name": "C"})),
        ("mergeTag", "/v1/tags/e/merge".to_owned(), json!({"into": "c"})),
        ("deleteTag", "/v1/tags/c".to_owned(), json!(null)),
        ("blockLink", link_path("/block"), json!({"reason": "ticket 17", "publicReason": "Phishing."})),
        ("releaseLink", link_path("/release"), json!({"reason": "appeal"})),
        (
            "deleteLinks",
            "/v1/links/bulk/delete".to_owned(),
            json!({"links": {"filter": {"url": "https://example.org/b"}, "expectedCount": 2}}),
        ),
        ("getStats", "/v1/stats?tag=b&filter=DEVICE:mobile".to_owned(), json!(null)),
        ("searchLinks", "/v1/search?text=mine".to_owned(), json!(null)),
        ("listApiKeys", "/v1/api-keys".to_owned(), json!(null)),
        (
            "createApiKey",
            "/v1/api-keys".to_owned(),
            json!({"name": "n", "scopes": ["ADMIN"], "expiresAt": "2099-01-01T00:00:00Z"}),
        ),
        ("revokeApiKey", format!("/v1/api-keys/{}", key.as_str().unwrap()), json!(null)),
        ("exportClicks", format!("/v1/analytics/totals.csv?{range}"), json!(null)),
        ("shorten", "/shorten".to_owned(), json!({"url": "https://example.org/c"})),
        ("getCodeStats", "/stats/mine".to_owned(), json!(null)),
        ("getOpenApi", "/v1/openapi.json".to_owned(), json!(null)),
    ] {
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
        let caller = if matches!(id, "blockLink" | "releaseLink") { &operator } else { &ann };
        let request = caller.request(operation.method.clone(), &path);
        let answer = Answer::of(if body.is_null() { request } else { request.json(&body) }).await;
        assert!(answer.status.is_success(), "{id}: {answer:?}");
        contract.check(operation, &answer);
        seen.insert(id);
        // And what it answers to something it does not know.
        let refused = Answer::of(
            ann.request(operation.method.clone(), &format!("{}?nothing=1", path.split('?').next().unwrap())),
        );
        let refused = refused.await;
        assert!(refused.status.is_client_error(), "{id}: {refused:?}");
        contract.check(operation, &refused);
    }
    let known = ann.get(&link_path("")).await.headers["etag"].clone();
    let read = OPERATIONS.iter().find(|operation| operation.id == "getLink").unwrap();
    let unchanged = Answer::of(ann.request(Method::GET, &link_path("")).header("if-none-match", known)).await;
    contract.check(read, &unchanged);
    assert_eq!(seen, OPERATIONS.iter().map(|operation| operation.id).collect());
}

#[tokio::test]
async fn the_document_is_served_to_anybody_and_is_the_one_that_is_checked_in() {
    let platform = Platform::start(|_| {}).await;
    let served = Answer::of(platform.http.get(format!("{}/v1/openapi.json", platform.url))).await;
    assert_eq!((served.status.as_u16(), &served.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let checked_in = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    let checked_in: Value = serde_json::from_slice(&checked_in).unwrap();
    assert!(served.body == checked_in);
    assert_eq!(checked_in["openapi"], "3.1.0");

    let mut described = BTreeSet::new();
    for (path, item) in checked_in["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((path.as_str(), method.to_uppercase(), operation["operationId"].as_str().unwrap()));
            assert!(operation["x-units"].as_u64().is_some_and(|units| units > 0), "{path}");
        }
    }
    let routed =
        OPERATIONS.iter().map(|operation| (operation.path, operation.method.to_string(), operation.id)).collect();
    assert_eq!(described, routed);
    // Every route of the document is one of the gateway, and the gateway has no other.
    for (path, method, id) in described {
        let path =
            path.replace("{id}", "7").replace("{code}", "x").replace("{report}", "totals.csv").replace("{name}", "x");
        let request = platform.http.request(method.parse().unwrap(), format!("{}{path}", platform.url));
        let answer = Answer::of(request).await;
        assert!(
            !matches!(answer.body["code"].as_str(), Some("NO_SUCH_PATH" | "METHOD_NOT_ALLOWED")),
            "{id}: {answer:?}"
        );
    }
}
