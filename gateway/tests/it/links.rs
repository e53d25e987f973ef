//! The life of a link as a client sees it.

use serde_json::{Value, json};

use crate::platform::Platform;

const CREATE: &str = "mutation($input: CreateLinkInput!) { createLink(input: $input) { existed link { id code url shortUrl title state version tags { name } maxClicks expiresAt } userErrors { field code message suggestions } } }";
const UPDATE: &str = "mutation($input: UpdateLinkInput!) { updateLink(input: $input) { link { title url state version maxClicks fallbackUrl } userErrors { field code } } }";
const BY_CODE: &str =
    "query($code: String!) { link(code: $code) { id title state totals { clicks } creator { fullName } } }";

async fn create(platform: &Platform, cookies: &str, input: Value) -> Value {
    let answer = platform.as_page(cookies, CREATE, json!({"input": input})).await;
    assert!(answer.body.get("errors").is_none(), "{answer:?}");
    answer.body["data"]["createLink"].clone()
}

#[tokio::test]
async fn a_link_is_made_found_changed_deleted_and_restored() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let input =
        json!({"url": "https://Example.org", "alias": "spring", "title": "Spring", "tags": ["news"], "maxClicks": 5});
    let made = create(&platform, &ann, input).await;
    let link = &made["link"];
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!((link["url"].as_str(), link["code"].as_str()), (Some("https://example.org/"), Some("spring")));
    assert_eq!(link["shortUrl"], format!("{}/spring", platform.config.domains.default_base_url));
    assert_eq!(
        (&link["state"], &link["tags"], &link["maxClicks"]),
        (&json!("ACTIVE"), &json!([{"name": "news"}]), &json!(5))
    );

    let found = platform.as_page(&ann, BY_CODE, json!({"code": "spring"})).await.body["data"]["link"].clone();
    assert_eq!(found["id"], link["id"]);
    assert_eq!((&found["totals"]["clicks"], &found["creator"]["fullName"]), (&json!(0), &json!("ann")));

    let change =
        json!({"id": link["id"], "version": link["version"], "title": null, "maxClicks": null, "disabled": true});
    let changed = platform.as_page(&ann, UPDATE, json!({"input": change})).await.body["data"]["updateLink"].clone();
    assert_eq!(changed["userErrors"], json!([]));
    assert_eq!((&changed["link"]["title"], &changed["link"]["maxClicks"]), (&json!(""), &Value::Null));
    assert_eq!((&changed["link"]["state"], &changed["link"]["url"]), (&json!("DISABLED"), &link["url"]));
    let late = platform.as_page(&ann, UPDATE, json!({"input": change})).await.body["data"]["updateLink"].clone();
    assert_eq!(late["userErrors"][0]["code"], "VERSION_MISMATCH", "{late}");

    let id = json!({"id": link["id"]});
    let delete = "mutation($id: ID!) { deleteLink(id: $id) { link { state deletedAt } userErrors { code } } }";
    let gone = platform.as_page(&ann, delete, id.clone()).await.body["data"]["deleteLink"].clone();
    assert_eq!(gone["link"]["state"], "DELETED", "{gone}");
    let restore = "mutation($id: ID!) { restoreLink(id: $id) { link { state deletedAt } userErrors { code } } }";
    let back = platform.as_page(&ann, restore, id).await.body["data"]["restoreLink"].clone();
    assert_eq!((&back["link"]["state"], &back["link"]["deletedAt"]), (&json!("DISABLED"), &Value::Null), "{back}");
}

#[tokio::test]
async fn pages_go_both_ways() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    for number in 0..5 {
        create(
            &platform,
            &ann,
            json!({"url": format!("https://example.org/{number}"), "alias": format!("page-{number}")}),
        )
        .await;
    }
    let query = "query($first: Int, $after: String, $last: Int, $before: String) { links(first: $first, after: $after, last: $last, before: $before) { edges { node { code } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let page = async |arguments: Value| {
        let answer = platform.as_page(&ann, query, arguments).await;
        assert!(answer.body.get("errors").is_none(), "{answer:?}");
        let links = &answer.body["data"]["links"];
        let codes: Vec<String> =
            links["edges"].as_array().unwrap().iter().map(|e| e["node"]["code"].as_str().unwrap().to_owned()).collect();
        (codes, links["pageInfo"].clone())
    };
    let (codes, info) = page(json!({"first": 2})).await;
    assert_eq!(codes, ["page-4", "page-3"]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    let (codes, info) = page(json!({"first": 10, "after": info["endCursor"]})).await;
    assert_eq!(codes, ["page-2", "page-1", "page-0"]);
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    let (codes, _) = page(json!({"last": 2, "before": info["endCursor"]})).await;
    assert_eq!(codes, ["page-2", "page-1"]);
}

#[tokio::test]
async fn each_link_of_a_batch_has_an_outcome_of_its_own() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let query = "mutation($input: CreateLinksInput!) { createLinks(input: $input) { outcomes { link { code } userErrors { field code } } userErrors { code } } }";
    let links = json!([{"url": "https://example.org/a", "alias": "one"}, {"url": "javascript:alert(1)"}, {"url": "https://example.org/b"}]);
    let answer = platform.as_page(&ann, query, json!({"input": {"links": links}})).await;
    let outcomes = &answer.body["data"]["createLinks"]["outcomes"];
    assert_eq!(outcomes[0]["link"]["code"], "one", "{answer:?}");
    assert_eq!((&outcomes[1]["link"], &outcomes[1]["userErrors"][0]["field"]), (&Value::Null, &json!("url")));
    assert_eq!(outcomes[2]["link"]["code"].as_str().map(str::len), Some(7));
}
