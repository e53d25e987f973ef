//! Expected outcomes are data with field, code and message; strangers see nothing.

use serde_json::{Value, json};

use crate::platform::{Answer, PASSWORD, Platform};

const CREATE: &str = "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { field code message suggestions } } }";

/// The field and code of the only error of a payload, which must have a message.
fn only_error(answer: &Answer, mutation: &str) -> (Value, Value) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let errors = &answer.body["data"][mutation]["userErrors"];
    assert_eq!(errors.as_array().map(Vec::len), Some(1), "{answer:?}");
    assert!(errors[0]["message"].as_str().is_some_and(|message| !message.is_empty()));
    (errors[0]["field"].clone(), errors[0]["code"].clone())
}

#[tokio::test]
async fn refused_links_say_which_field_and_why() {
    let platform = Platform::start(|config| config.plans.free.links_per_month = 2).await;
    let ann = platform.register("ann").await;
    let create = async |input: Value| platform.as_page(&ann, CREATE, json!({"input": input})).await;
    create(json!({"url": "https://example.org/", "alias": "taken"})).await;

    let clash = create(json!({"url": "https://example.org/", "alias": "taken"})).await;
    assert_eq!(only_error(&clash, "createLink"), (json!("alias"), json!("ALIAS_TAKEN")));
    let suggestions = clash.body["data"]["createLink"]["userErrors"][0]["suggestions"].as_array().unwrap().len();
    assert!(suggestions > 0, "{clash:?}");
    for url in ["javascript:alert(1)", "https://user:secret@example.org/", "http://localhost:8081/x", ""] {
        assert_eq!(only_error(&create(json!({"url": url})).await, "createLink").0, json!("url"), "{url}");
    }
    create(json!({"url": "https://example.org/2"})).await;
    let over = create(json!({"url": "https://example.org/3"})).await;
    assert_eq!(only_error(&over, "createLink").1, json!("LINKS_PER_MONTH"));
}

#[tokio::test]
async fn refused_accounts_say_which_field_and_why() {
    let platform = Platform::start(|_| {}).await;
    platform.register("ann").await;
    let register = async |email: &str, password: &str| {
        let query =
            "mutation($input: RegisterInput!) { register(input: $input) { userErrors { field code message } } }";
        let input = json!({"email": email, "password": password, "fullName": "Ann"});
        only_error(&Answer::of(platform.post(query, json!({"input": input}))).await, "register")
    };
    assert_eq!(register("ann@example.org", PASSWORD).await.0, json!("email"));
    assert_eq!(register("nobody", PASSWORD).await.0, json!("email"));
    assert_eq!(register("bob@example.org", "password1").await, (json!("password"), json!("WEAK_PASSWORD")));
    let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { field code message } } }";
    let input = json!({"email": "ann@example.org", "password": "wrong"});
    let answer = Answer::of(platform.post(query, json!({"input": input}))).await;
    assert_eq!(only_error(&answer, "login").1, json!("BAD_CREDENTIALS"));
}

#[tokio::test]
async fn s18_another_account_finds_nothing_of_ours() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let made = platform.as_page(&ann, CREATE, json!({"input": {"url": "https://example.org/", "alias": "anns"}})).await;
    let id = made.body["data"]["createLink"]["link"]["id"].clone();
    let viewer = platform.as_page(&ann, "{ viewer { workspaces { id } } }", json!({})).await;
    let workspace = viewer.body["data"]["viewer"]["workspaces"][0]["id"].clone();

    for (query, variables) in [
        ("query($id: ID) { link(id: $id) { id } }", json!({"id": id})),
        ("query($code: String) { link(code: $code) { id } }", json!({"code": "anns"})),
    ] {
        let answer = platform.as_page(&bob, query, variables).await;
        assert_eq!(answer.body["data"]["link"], Value::Null, "{query}");
    }
    let range = json!({"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"});
    for query in [
        "query($w: ID) { links(workspaceId: $w) { edges { node { id } } } }",
        "query($w: ID, $range: AnalyticsInput!) { analytics(workspaceId: $w, input: $range) { totals { clicks } } }",
        "query($w: ID) { trendingLinks(workspaceId: $w) { clicks } }",
    ] {
        let answer = platform.as_page(&bob, query, json!({"w": workspace, "range": range})).await;
        assert_eq!(answer.code(), "NOT_FOUND", "{query}: {answer:?}");
    }
    for mutation in ["deleteLink", "restoreLink"] {
        let query = format!(
            "mutation($id: ID!) {{ {mutation}(id: $id) {{ link {{ id }} userErrors {{ field code message }} }} }}"
        );
        let answer = platform.as_page(&bob, &query, json!({"id": id})).await;
        assert_eq!(only_error(&answer, mutation).1, json!("LINK_NOT_FOUND"), "{mutation}");
    }
    let answer = platform
        .as_page(&bob, CREATE, json!({"input": {"workspaceId": workspace, "url": "https://example.org/"}}))
        .await;
    only_error(&answer, "createLink");
    let anonymous = platform.ask("{ links { edges { node { id } } } }").await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}
