//! Documents that requests name instead of sending them, and several operations in one body.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::platform::{Answer, Platform};

const DOCUMENT: &str = "query Version { version }";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

async fn send(platform: &Platform, body: Value) -> Answer {
    let request = platform.http.post(format!("{}/graphql", platform.url)).json(&body);
    Answer::of(request.header("accept", "application/graphql-response+json")).await
}

/// The codes of the answers in an array; null for an answer without errors.
fn codes(answer: &Answer) -> Vec<Value> {
    answer.body.as_array().unwrap().iter().map(|one| one["errors"][0]["extensions"]["code"].clone()).collect()
}

#[tokio::test]
async fn a_document_is_sent_once_and_then_named_by_its_hash() {
    let platform = Platform::start(|_| ()).await;
    let persisted = json!({"persistedQuery": {"version": 1, "sha256Hash": hash(DOCUMENT)}});
    let unknown = send(&platform, json!({"extensions": persisted})).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (400, "PERSISTED_QUERY_NOT_FOUND"), "{unknown:?}");
    assert_eq!(unknown.body["errors"][0]["message"], "PersistedQueryNotFound");

    let taught = send(&platform, json!({"query": DOCUMENT, "extensions": persisted})).await;
    assert!(taught.body["data"]["version"].is_string(), "{taught:?}");
    let named = send(&platform, json!({"operationName": "Version", "extensions": persisted})).await;
    assert!(named.body["data"]["version"].is_string(), "{named:?}");
    let mut url = reqwest::Url::parse(&format!("{}/graphql", platform.url)).unwrap();
    url.query_pairs_mut().append_pair("extensions", &persisted.to_string());
    assert!(Answer::of(platform.http.get(url)).await.body["data"]["version"].is_string());

    let other = json!({"query": "{ __typename }", "extensions": persisted});
    assert_eq!(send(&platform, other).await.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn s16_a_manifest_can_be_the_only_way_in() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1, "operations": [
        {"id": "version-1", "name": "Version", "type": "query", "body": DOCUMENT},
    ]});
    std::fs::write(file.path(), manifest.to_string()).unwrap();
    let platform = Platform::start(|config| {
        config.gateway.persisted_manifest = file.path().to_str().unwrap().to_owned();
        config.gateway.persisted_only = true;
    })
    .await;
    for body in [
        json!({"documentId": "version-1"}),
        json!({"documentId": format!("sha256:{}", hash(DOCUMENT))}),
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash(DOCUMENT)}}}),
    ] {
        let answer = send(&platform, body).await;
        assert!(answer.body["data"]["version"].is_string(), "{answer:?}");
    }
    let other = "{ __typename }";
    for (body, code) in [
        (json!({"query": DOCUMENT}), "PERSISTED_QUERY_ID_REQUIRED"),
        (json!({"documentId": "version-2"}), "PERSISTED_QUERY_NOT_IN_LIST"),
        (
            json!({"query": other, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash(other)}}}),
            "PERSISTED_QUERY_NOT_IN_LIST",
        ),
    ] {
        assert_eq!(send(&platform, body).await.code(), code);
    }
}

#[tokio::test]
async fn batches_are_taken_where_the_configuration_says_so() {
    let platform = Platform::start(|config| config.gateway.max_batch = 3).await;
    let one = |query: &str| json!({"query": query});
    let sent = |answer: Answer| (answer.status.as_u16(), answer.code().to_owned());
    let four = Value::Array(vec![one(DOCUMENT); 4]);
    assert_eq!(sent(send(&platform, four).await), (400, "BATCH_TOO_LARGE".to_owned()));

    let mixed = json!([one(DOCUMENT), one("{ nothing }"), one("subscription { clicks { skipped } }")]);
    let answer = send(&platform, mixed).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    assert!(answer.body[0]["data"]["version"].is_string());
    assert_eq!(codes(&answer), [json!(null), json!("UNAUTHENTICATED"), json!("UNAUTHENTICATED")]);
    // Each of them was paid for.
    let left = answer.headers["ratelimit"].to_str().unwrap().to_owned();
    assert!(left.contains("r=99997"), "{left}");
}

#[tokio::test]
async fn s15_a_batch_does_not_try_more_passwords_than_one_operation() {
    let platform = Platform::start(|config| config.gateway.max_batch = 10).await;
    let login = r#"mutation { login(input: {email: "a@example.org", password: "x"}) { userErrors { code } } }"#;
    let answer = send(&platform, json!([{"query": login}, {"query": login}])).await;
    assert_eq!(answer.code(), "TOO_MANY_CREDENTIAL_MUTATIONS", "{answer:?}");
    let answer = send(&platform, json!([{"query": login}, {"query": DOCUMENT}])).await;
    assert_eq!(answer.body[0]["data"]["login"]["userErrors"][0]["code"], "BAD_CREDENTIALS", "{answer:?}");
}
