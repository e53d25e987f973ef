//! What the stream of links says decides the scopes of tags and domains.

use std::time::Duration;

use bytes::Bytes;
use curtail_proto::analytics::v1::{AnalyticsScope, QueryAnalyticsRequest, analytics_scope::Of};
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{Envelope, LinkCreated, LinkDeleted, LinkSnapshot, LinkUpdated};
use curtail_proto::links::v1::{Link, Tag};
use curtail_testkit::until;
use prost::Message as _;

use super::publish::{Producer, click, publish};
use super::world::{NOW, WORKSPACE, World, ms, question};

fn snapshot(id: i64, version: i64, domain: &str, tags: &[&str]) -> Option<LinkSnapshot> {
    let tags = tags.iter().map(|name| Tag { name: (*name).into(), ..Tag::default() }).collect();
    let link = Link { id, workspace_id: WORKSPACE, version, domain: domain.into(), tags, ..Link::default() };
    Some(LinkSnapshot { link: Some(link), target: None })
}

async fn tell(world: &World, payload: Payload) {
    let envelope = Envelope { event_id: vec![1; 16], payload: Some(payload), ..Envelope::default() };
    curtail_streams::append(&world.redis, "links", vec![("e", Bytes::from(envelope.encode_to_vec()))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_domains_are_scopes() {
    let world = World::start().await;
    let producer = Producer::new(1, (1..=4).map(|link| click(WORKSPACE, link, ms(NOW) - 60_000, 1)).collect());
    publish(&world.redis, "clicks:0", &producer.batch(1, 4)).await;
    tell(&world, Payload::LinkCreated(LinkCreated { snapshot: snapshot(1, 1, "a.example", &["red", "blue"]) })).await;
    tell(&world, Payload::LinkCreated(LinkCreated { snapshot: snapshot(2, 1, "b.example", &["red"]) })).await;
    tell(&world, Payload::LinkUpdated(LinkUpdated { snapshot: snapshot(3, 5, "a.example", &["blue"]) })).await;
    // An older version that arrives later changes nothing; a deleted link keeps its clicks.
    tell(&world, Payload::LinkUpdated(LinkUpdated { snapshot: snapshot(3, 4, "b.example", &["red"]) })).await;
    tell(&world, Payload::LinkDeleted(LinkDeleted { snapshot: snapshot(1, 2, "a.example", &["red", "blue"]) })).await;

    let clicks = async |of| {
        let scope = Some(AnalyticsScope { workspace_id: WORKSPACE, of });
        let request = QueryAnalyticsRequest { scope, ..question(NOW - time::Duration::hours(1), NOW) };
        world.query(request).await.unwrap().totals.unwrap().clicks
    };
    let patience = Duration::from_secs(20);
    until(async || clicks(Some(Of::Tag("red".into()))).await == 2, patience, "two red links").await;
    until(async || clicks(Some(Of::Domain("A.example".into()))).await == 2, patience, "two links of a.example").await;
    assert_eq!(clicks(Some(Of::Tag("blue".into()))).await, 2);
    assert_eq!(clicks(Some(Of::Domain("b.example".into()))).await, 1);
    assert_eq!(clicks(Some(Of::Tag("green".into()))).await, 0);
    assert_eq!(clicks(Some(Of::Tag("r%".into()))).await, 0);
    assert_eq!(clicks(Some(Of::LinkId(4))).await, 1);
    assert_eq!(clicks(None).await, 4);
    world.stop().await;
}
