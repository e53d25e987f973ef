//! Many links changed or deleted at once, and tags renamed, merged and deleted, over GraphQL and REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::platform::{Answer, Platform};
use crate::rest::{Account, assert_problem};

const UPDATE: &str = "mutation($input: UpdateLinksInput!) { updateLinks(input: $input) { outcomes { id changed link { state tags { name } expiresAt } error { code } } userErrors { field code } } }";
const DELETE: &str = "mutation($input: DeleteLinksInput!) { deleteLinks(input: $input) { outcomes { changed link { state } } userErrors { field code } } }";

async fn asked(account: &Account<'_>, query: &str, variables: Value) -> Value {
    Answer::of(account.request(Method::POST, "/graphql").json(&json!({"query": query, "variables": variables})))
        .await
        .body
}

async fn links(account: &Account<'_>, count: usize, tag: &str) -> Vec<Value> {
    let links: Vec<_> = (0..count).map(|n| json!({"url": format!("https://example.org/{n}"), "tags": [tag]})).collect();
    let made = account.post("/v1/links/bulk", &json!({"links": links})).await;
    let outcomes = made.body["outcomes"].as_array().cloned().unwrap_or_default();
    assert_eq!(outcomes.len(), count, "{made:?}");
    outcomes.into_iter().map(|outcome| outcome["link"]["id"].clone()).collect()
}

#[tokio::test]
async fn links_are_changed_together_over_graphql() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let ids = links(&ann, 3, "news").await;
    let input = json!({"ids": [ids[1], ids[0], "1"], "disabled": true, "addTags": ["old"], "removeTags": ["NEWS"], "expiresAt": "2099-01-01T00:00:00Z"});
    let answer = asked(&ann, UPDATE, json!({"input": input})).await["data"]["updateLinks"].clone();
    let link = json!({"state": "DISABLED", "tags": [{"name": "old"}], "expiresAt": "2099-01-01T00:00:00Z"});
    let changed = |id: &Value| json!({"id": id, "changed": true, "link": link, "error": null});
    let missing = json!({"id": "1", "changed": false, "link": null, "error": {"code": "LINK_NOT_FOUND"}});
    assert_eq!(answer, json!({"outcomes": [changed(&ids[1]), changed(&ids[0]), missing], "userErrors": []}));

    let wrong = json!({"filter": {"tags": ["old"]}, "expectedCount": 3});
    let answer = asked(&ann, DELETE, json!({"input": wrong})).await["data"]["deleteLinks"].clone();
    assert_eq!(answer["userErrors"], json!([{"field": "expectedCount", "code": "COUNT_MISMATCH"}]), "{answer}");
    let right = json!({"filter": {"tags": ["old"]}, "expectedCount": 2});
    let answer = asked(&ann, DELETE, json!({"input": right})).await["data"]["deleteLinks"].clone();
    let deleted = json!({"changed": true, "link": {"state": "DELETED"}});
    assert_eq!(answer, json!({"outcomes": [deleted, deleted], "userErrors": []}));
    let restore = json!({"filter": {}, "expectedCount": 2, "restore": true, "disabled": false});
    let answer = asked(&ann, UPDATE, json!({"input": restore})).await["data"]["updateLinks"].clone();
    assert!(answer["outcomes"].as_array().unwrap().iter().all(|one| one["link"]["state"] == "ACTIVE"), "{answer}");
    for input in [json!({"ids": [ids[0]]}), json!({"disabled": true}), json!({"ids": [], "disabled": true})] {
        let answer = asked(&ann, UPDATE, json!({"input": input})).await["data"]["updateLinks"].clone();
        assert_eq!(answer["userErrors"].as_array().map(Vec::len), Some(1), "{answer}");
    }
}

#[tokio::test]
async fn a_thousand_links_are_changed_and_deleted_over_rest_and_one_more_is_not() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let mut ids = links(&ann, 1_000, "big").await;
    let update = |ids: &[Value]| json!({"links": {"ids": ids}, "change": {"disabled": true}});
    let changed = ann.post("/v1/links/bulk/update", &update(&ids)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert!(changed.body["outcomes"].as_array().unwrap().iter().all(|one| one["changed"] == true));
    let by_filter = json!({"links": {"filter": {"tags": ["big"]}, "expectedCount": 1_000}});
    let deleted = ann.post("/v1/links/bulk/delete", &by_filter).await;
    assert_eq!(deleted.body["outcomes"].as_array().map(Vec::len), Some(1_000));
    ids.push(json!("1"));
    assert_problem(&ann.post("/v1/links/bulk/update", &update(&ids)).await, 422, "INVALID", "BATCH_SIZE");
    let by_filter = json!({"links": {"filter": {"tags": ["big"]}, "expectedCount": 1_001}});
    assert_problem(&ann.post("/v1/links/bulk/delete", &by_filter).await, 422, "INVALID", "BATCH_SIZE");
    let unknown = json!({"links": {"ids": ids, "all": true}, "change": {}});
    assert_problem(&ann.post("/v1/links/bulk/update", &unknown).await, 400, "BAD_REQUEST", "UNKNOWN_FIELD");
}

#[tokio::test]
async fn tags_are_renamed_merged_and_deleted() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/", "tags": ["a/b", "News", "old"]})).await;
    let path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    let renamed = Answer::of(ann.request(Method::PATCH, "/v1/tags/NEWS").json(&json!({"name": "Updates"}))).await;
    assert_eq!(
        (&renamed.body["tag"]["name"], &renamed.body["linkCount"]),
        (&json!("Updates"), &json!(1)),
        "{renamed:?}"
    );
    let merged = ann.post("/v1/tags/old/merge", &json!({"into": "updates"})).await;
    assert_eq!((&merged.body["tag"]["name"], &merged.body["linkCount"]), (&json!("Updates"), &json!(1)), "{merged:?}");
    let deleted = ann.delete("/v1/tags/a%2Fb").await;
    assert_eq!((&deleted.body["tag"], &deleted.body["linkCount"]), (&Value::Null, &json!(1)), "{deleted:?}");
    let now = ann.get(&path).await.body;
    assert_eq!(now["tags"].as_array().map(Vec::len), Some(1), "{now}");
    assert_eq!((&now["tags"][0]["name"], &now["version"]), (&json!("Updates"), &json!(4)));
    assert_problem(&ann.delete("/v1/tags/absent").await, 404, "NOT_FOUND", "TAG_NOT_FOUND");

    let query = "mutation { renameTag(input: {name: \"updates\", newName: \"x\"}) { tag { name } linkCount }
        mergeTags(input: {names: [\"x\"], into: \"y\"}) { tag { name } linkCount userErrors { code } }
        deleteTag(input: {name: \"y\"}) { tag { name } linkCount userErrors { code } } }";
    let data = asked(&ann, query, json!({})).await["data"].clone();
    assert_eq!(data["renameTag"], json!({"tag": {"name": "x"}, "linkCount": 1}));
    assert_eq!(data["mergeTags"], json!({"tag": {"name": "y"}, "linkCount": 1, "userErrors": []}));
    assert_eq!(data["deleteTag"], json!({"tag": null, "linkCount": 1, "userErrors": []}));
}
