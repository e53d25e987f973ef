//! Take-downs of links by administrators of the platform, over GraphQL and REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::platform::{Answer, Platform};
use crate::rest::{Account, assert_problem};

const BLOCK: &str = "mutation($input: BlockLinkInput!) { blockLink(input: $input) { takedown { linkId blocked reason publicReason operatorId at } userErrors { field code } } }";
const RELEASE: &str =
    "mutation($input: ReleaseLinkInput!) { releaseLink(input: $input) { takedown { blocked } userErrors { code } } }";
const LINK: &str = "query($id: ID!) { link(id: $id) { state blockReason version } }";
const HISTORY: &str = "query($id: ID!) { takedowns(id: $id) { blocked reason publicReason } }";

async fn asked(account: &Account<'_>, query: &str, variables: Value) -> Value {
    Answer::of(account.request(Method::POST, "/graphql").json(&json!({"query": query, "variables": variables})))
        .await
        .body
}

#[tokio::test]
async fn an_operator_blocks_a_link_and_its_owner_reads_why_but_cannot_undo_it() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/", "alias": "bad"})).await;
    let (id, path) = (&link["id"], format!("/v1/links/{}", link["id"].as_str().unwrap()));
    let operator = Account::operator(&platform, "olga").await;

    let input = json!({"code": "bad", "reason": "ticket 17", "publicReason": "Phishing."});
    let answer = asked(&operator, BLOCK, json!({"input": input})).await;
    let takedown = &answer["data"]["blockLink"]["takedown"];
    assert_eq!(
        (&takedown["linkId"], &takedown["blocked"], &takedown["reason"]),
        (id, &json!(true), &json!("ticket 17")),
        "{answer}"
    );
    let seen = asked(&ann, LINK, json!({"id": id})).await["data"]["link"].clone();
    assert_eq!(seen, json!({"state": "BLOCKED", "blockReason": "Phishing.", "version": 2}));
    let refused = Answer::of(ann.request(Method::PATCH, &path).json(&json!({"disabled": false}))).await;
    assert_problem(&refused, 409, "CONFLICT", "LINK_BLOCKED");
    assert_problem(&ann.delete(&path).await, 409, "CONFLICT", "LINK_BLOCKED");

    let entries = asked(&operator, HISTORY, json!({"id": id})).await["data"]["takedowns"].clone();
    assert_eq!(entries, json!([{"blocked": true, "reason": "ticket 17", "publicReason": "Phishing."}]));
    let released = asked(&operator, RELEASE, json!({"input": {"id": id}})).await;
    assert_eq!(released["data"]["releaseLink"]["takedown"]["blocked"], false, "{released}");
    let seen = asked(&ann, LINK, json!({"id": id})).await["data"]["link"].clone();
    assert_eq!(seen, json!({"state": "ACTIVE", "blockReason": null, "version": 3}));
}

#[tokio::test]
async fn operators_block_over_rest_and_others_do_not() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/"})).await;
    let path = format!("/v1/links/{}", link["id"].as_str().unwrap());
    let body = json!({"reason": "court order"});
    let refused = ann.post(&format!("{path}/block"), &body).await;
    assert_problem(&refused, 403, "FORBIDDEN", "PLATFORM_ADMIN_REQUIRED");
    let operator = Account::operator(&platform, "olga").await;
    let blocked = operator.post(&format!("{path}/block"), &body).await;
    assert_eq!((blocked.status.as_u16(), &blocked.body["takedown"]["blocked"]), (200, &json!(true)), "{blocked:?}");
    assert_eq!(
        (&ann.get(&path).await.body["state"], &ann.get(&path).await.body["blockReason"]),
        (&json!("BLOCKED"), &json!(""))
    );
    let missing = operator.post("/v1/links/1/block", &body).await;
    assert_problem(&missing, 404, "NOT_FOUND", "LINK_NOT_FOUND");
    let empty = operator.post(&format!("{path}/block"), &json!({"reason": " "})).await;
    assert_problem(&empty, 422, "INVALID", "REASON_REQUIRED");
    let released = operator.post(&format!("{path}/release"), &json!({})).await;
    assert_eq!(released.body["takedown"]["blocked"], false, "{released:?}");
    let again = operator.post(&format!("{path}/release"), &json!({})).await;
    assert_eq!((again.status.as_u16(), &again.body["takedown"]), (200, &Value::Null));
}

#[tokio::test]
async fn the_audit_log_of_the_workspace_tells_of_take_downs_and_bulk_changes() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/", "alias": "bad", "tags": ["news"]})).await;
    let workspace = ann.workspace().await;
    let renamed = Answer::of(ann.request(Method::PATCH, "/v1/tags/news").json(&json!({"name": "old"}))).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    let updated =
        ann.post("/v1/links/bulk/update", &json!({"links": {"ids": [link["id"]]}, "change": {"disabled": true}})).await;
    assert_eq!(updated.status, 200, "{updated:?}");
    let operator = Account::operator(&platform, "olga").await;
    let input = json!({"code": "bad", "reason": "ticket 17", "publicReason": "Phishing."});
    asked(&operator, BLOCK, json!({"input": input})).await;
    let query =
        "query($id: ID!) { workspace(id: $id) { auditLog(first: 3) { nodes { action actorKind targetId after } } } }";
    let log = async || {
        let answer = asked(&ann, query, json!({"id": workspace})).await;
        answer["data"]["workspace"]["auditLog"]["nodes"].as_array().cloned().unwrap_or_default()
    };
    let actions = async || log().await.iter().map(|entry| entry["action"].clone()).collect::<Vec<_>>();
    let expected = ["link.blocked", "links.updated", "tag.renamed"];
    curtail_testkit::until(
        async || actions().await == expected,
        std::time::Duration::from_secs(20),
        "the log has them",
    )
    .await;
    let blocked = log().await.swap_remove(0);
    assert_eq!((&blocked["actorKind"], &blocked["targetId"]), (&json!("OPERATOR"), &link["id"]));
    assert_eq!(blocked["after"], json!({"blocked": true, "reason": "Phishing."}), "not the operator's reason");
}
