//! Lifetime totals of many links.

use std::time::Duration;

use curtail_proto::analytics::v1::{BatchGetTotalsRequest, LinkKey};
use curtail_rpc::Error;
use curtail_testkit::until;

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms};

fn keys(links: impl IntoIterator<Item = i64>) -> BatchGetTotalsRequest {
    let links = links.into_iter().map(|link_id| LinkKey { link_id, workspace_id: WORKSPACE }).collect();
    BatchGetTotalsRequest { links }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_links_in_one_call_and_not_one_more() {
    let world = World::start().await;
    let producer = Producer::new(1, (1..=50).map(|n| click(WORKSPACE, n, ms(NOW), n as u64)).collect());
    publish(&world.redis, "clicks:0", &producer.batch(1, 50)).await;
    until(async || producer.counted(&world.redis).await == 50, Duration::from_secs(20), "counted").await;

    let answer = world.client().batch_get_totals(world.request(keys(1..=100))).await.unwrap().into_inner();
    let clicks: Vec<_> = answer.totals.iter().map(|t| t.totals.unwrap().clicks).collect();
    assert_eq!(clicks, [vec![1; 50], vec![0; 50]].concat());
    assert!(answer.totals[99].totals.unwrap().last_click_at.is_none());

    let none = world.client().batch_get_totals(world.request(keys([]))).await.unwrap().into_inner();
    assert!(none.totals.is_empty());
    let status = world.client().batch_get_totals(world.request(keys(1..=101))).await.unwrap_err();
    assert_eq!(Error::from_status(&status).reason, "TOO_MANY_LINKS");
    world.stop().await;
}
