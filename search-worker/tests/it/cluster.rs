//! What only an engine of several processes can do: refuse some changes of many, and be unavailable.

use std::time::Instant;

use serde_json::{Value, json};

use crate::engines;
use crate::world::*;

/// A request to the engine itself.
async fn call(world: &World, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let url = format!("{}/{path}", world.config.search.elasticsearch_url.expose());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, url).header("content-type", "application/json");
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Lets an index serve whose field `notes` takes numbers only.
async fn narrow_notes(world: &World) {
    let alias = format!("{}-v2", world.config.search.elasticsearch_index);
    let serving = call(world, reqwest::Method::GET, &alias, None).await;
    let (old, index) = serving.as_object().unwrap().iter().next().unwrap();
    let mut mappings = index["mappings"].clone();
    mappings["properties"]["notes"] = json!({ "type": "long" });
    let narrow = format!("{alias}-narrow");
    let settings = json!({ "refresh_interval": "200ms" });
    let body = json!({ "mappings": mappings, "settings": settings });
    call(world, reqwest::Method::PUT, &narrow, Some(body)).await;
    let actions = json!([
        { "add": { "index": narrow, "alias": alias } },
        { "remove": { "index": old, "alias": alias } },
    ]);
    call(world, reqwest::Method::POST, "_aliases", Some(json!({ "actions": actions }))).await;
}

async fn f9_a_change_that_is_refused_is_put_aside_and_the_others_are_taken(world: World) {
    narrow_notes(&world).await;
    let refused = curtail_proto::links::v1::Link { notes: "no number".into(), ..link(2, "refused") };
    for link in [link(1, "taken"), refused, link(3, "taken")] {
        world.publish(&link).await;
    }
    world.drained().await;
    let letters: u64 = fred::interfaces::StreamsInterface::xlen(&world.redis, "links:dlq").await.unwrap();
    assert_eq!(letters, 1);
    let alias = format!("{}-v2", world.config.search.elasticsearch_index);
    let count = call(&world, reqwest::Method::GET, &format!("{alias}/_count"), None).await;
    assert_eq!(count["count"], 2);
    world.stop().await;
}

#[tokio::test]
async fn a_change_that_opensearch_refuses() {
    if let Some(world) = engines::on("opensearch").await {
        f9_a_change_that_is_refused_is_put_aside_and_the_others_are_taken(world).await;
    }
}

#[tokio::test]
async fn a_change_that_elasticsearch_refuses() {
    if let Some(world) = engines::on("elasticsearch").await {
        f9_a_change_that_is_refused_is_put_aside_and_the_others_are_taken(world).await;
    }
}

#[tokio::test]
async fn without_its_cluster_it_is_not_ready_and_says_so() {
    let mut config = curtail_testkit::config().await;
    config.search.elasticsearch_url =
        curtail_config::Secret::new(format!("http://127.0.0.1:{}", curtail_testkit::free_port()));
    let world = World::unready(config).await;
    let began = Instant::now();
    let refused = world.ask(asking("spring")).await.unwrap_err();
    assert_eq!(refused.code, curtail_rpc::Code::Unavailable, "{refused:?}");
    assert!(began.elapsed() < PATIENCE, "a refused connection is no reason to wait");
    assert!(!world.search.readiness.is_ready());
    world.stop().await;
}
