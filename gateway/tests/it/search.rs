//! Search as a client sees it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkCreated, LinkSnapshot};
use curtail_proto::links::v1 as links;
use prost::Message as _;
use serde_json::{Value, json};

use crate::platform::{Answer, Platform};

const CREATE: &str =
    "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { code } } }";
const SEARCH: &str = "query($text: String!, $tags: [String!], $first: Int, $after: String) { search(text: $text, tags: $tags, first: $first, after: $after) { total edges { cursor score highlights { field parts } node { id title clicks } } facets { tags { value count } states { value count } domains { value count } } pageInfo { hasNextPage endCursor } } }";
const PATIENCE: Duration = Duration::from_secs(20);

async fn create(platform: &Platform, cookies: &str, input: Value) -> String {
    let answer = platform.as_page(cookies, CREATE, json!({"input": input})).await;
    answer.body["data"]["createLink"]["link"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn search(platform: &Platform, cookies: &str, variables: Value) -> Value {
    let answer: Answer = platform.as_page(cookies, SEARCH, variables).await;
    assert!(answer.body.get("errors").is_none(), "{answer:?}");
    answer.body["data"]["search"].clone()
}

fn ids(found: &Value) -> Vec<&str> {
    found["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_link_is_found_within_a_second_by_a_mistyped_word_of_its_title() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    // The first link warms what the first request of a process finds cold.
    create(&platform, &ann, json!({"url": "https://example.org/0", "title": "Warm-up"})).await;
    curtail_testkit::until(
        async || search(&platform, &ann, json!({"text": "warm"})).await["total"] == 1,
        PATIENCE,
        "warm",
    )
    .await;

    let (mut number, mut id) = (0, String::new());
    let text = json!({"text": "anouncements", "first": 1});
    let make_and_find = async || {
        number += 1;
        let made = Instant::now();
        let input = json!({"url": "https://example.org/a", "title": "Spring announcements", "tags": ["News"]});
        id = create(&platform, &ann, input).await;
        let is_found = async || search(&platform, &ann, text.clone()).await["total"] == number;
        curtail_testkit::until(is_found, PATIENCE, "it is found").await;
        made.elapsed()
    };
    curtail_testkit::within_a_second(make_and_find, "a new link is found").await;

    let found = search(&platform, &ann, text).await;
    assert_eq!(ids(&found), [id]);
    let highlights = &found["edges"][0]["highlights"];
    assert_eq!(highlights[0]["field"], "title", "{found}");
    assert_eq!(highlights[0]["parts"], json!(["Spring ", "announcements", ""]));
    let count = &found["total"];
    assert_eq!(found["facets"]["tags"], json!([{"value": "News", "count": count}]));
    assert_eq!(found["facets"]["states"], json!([{"value": "ACTIVE", "count": count}]));
}

#[tokio::test]
async fn pages_follow_the_cursor() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    for number in 0..5 {
        create(&platform, &ann, json!({"url": format!("https://example.org/{number}"), "title": "Spring"})).await;
    }
    let text = json!({"text": "spring", "first": 10});
    curtail_testkit::until(
        async || search(&platform, &ann, text.clone()).await["total"] == 5,
        PATIENCE,
        "all are found",
    )
    .await;
    let whole = search(&platform, &ann, text).await;
    let first = search(&platform, &ann, json!({"text": "spring", "first": 3})).await;
    let end = &first["pageInfo"]["endCursor"];
    let second = search(&platform, &ann, json!({"text": "spring", "first": 3, "after": end})).await;
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&whole));
    assert_eq!((&first["pageInfo"]["hasNextPage"], &second["pageInfo"]["hasNextPage"]), (&json!(true), &json!(false)));
    let wrong = platform.as_page(&ann, SEARCH, json!({"text": "spring", "after": "noise"})).await;
    assert_eq!(wrong.code(), "INVALID", "{wrong:?}");
}

/// What the index would hold if it missed events: links as they were, or never were, in Ann's workspace.
#[tokio::test]
async fn s18_a_stale_hit_shows_nothing_that_the_caller_may_not_see() {
    let platform = Platform::start(|_| {}).await;
    let (ann, bob) = (platform.register("ann").await, platform.register("bob").await);
    let kept = create(&platform, &ann, json!({"url": "https://example.org/1", "title": "Spring kept"})).await;
    let deleted = create(&platform, &ann, json!({"url": "https://example.org/2", "title": "Spring deleted"})).await;
    let of_bob = create(&platform, &bob, json!({"url": "https://example.org/3", "title": "Of Bob"})).await;
    let text = json!({"text": "spring"});
    curtail_testkit::until(
        async || search(&platform, &ann, text.clone()).await["total"] == 2,
        PATIENCE,
        "both are found",
    )
    .await;
    let delete = "mutation($id: ID!) { deleteLink(id: $id) { userErrors { code } } }";
    platform.as_page(&ann, delete, json!({"id": deleted})).await;
    curtail_testkit::until(async || search(&platform, &ann, text.clone()).await["total"] == 1, PATIENCE, "one is left")
        .await;

    let viewer = platform.as_page(&ann, "{ viewer { workspaces { id } } }", json!({})).await;
    let workspace: i64 = viewer.body["data"]["viewer"]["workspaces"][0]["id"].as_str().unwrap().parse().unwrap();
    let redis = curtail_streams::connect(&platform.config.redis).await.unwrap();
    for id in [&deleted, &of_bob] {
        let link = links::Link {
            id: id.parse().unwrap(),
            workspace_id: workspace,
            version: 99,
            title: "Spring ghost".into(),
            ..links::Link::default()
        };
        let snapshot = Some(LinkSnapshot { link: Some(link), target: None });
        let payload = Some(Payload::LinkCreated(LinkCreated { snapshot }));
        let event = Envelope { event_id: vec![9; 16], payload, ..Envelope::default() }.encode_to_vec();
        curtail_streams::append(&redis, "links", vec![("e", Bytes::from(event))]).await.unwrap();
    }
    curtail_testkit::until(
        async || search(&platform, &ann, text.clone()).await["total"] == 3,
        PATIENCE,
        "ghosts are there",
    )
    .await;
    let found = search(&platform, &ann, text).await;
    assert_eq!(ids(&found), [kept], "{found}");
    assert_eq!(found["edges"][0]["node"]["title"], "Spring kept");
    assert!(!found.to_string().contains("ghost"), "{found}");
}

#[tokio::test]
async fn a_search_in_somebody_elses_workspace_is_not_found() {
    let platform = Platform::start(|_| {}).await;
    let ann = platform.register("ann").await;
    let query = "query { search(workspaceId: \"12\", text: \"a\") { total } }";
    assert_eq!(platform.as_page(&ann, query, json!({})).await.code(), "NOT_FOUND");
    assert_eq!(platform.ask(query).await.code(), "UNAUTHENTICATED");
}
