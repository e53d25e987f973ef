//! What others hear of changes.

use std::time::Duration;

use curtail_proto::events::v1::{Envelope, LinkSnapshot, envelope::Payload};
use curtail_proto::links::v1::*;
use prost::Message as _;

use crate::app::*;

/// The events of the stream `links`, as soon as there are `count`.
pub async fn events(app: &TestApp, count: usize) -> Vec<Envelope> {
    let pool = curtail_streams::connect(&app.config.redis).await.unwrap();
    let mut group = curtail_streams::Group::new(&app.config.redis, pool, "links", "test", "test").unwrap();
    group.ensure().await.unwrap();
    let mut events = Vec::new();
    curtail_testkit::until(
        async || {
            for entry in group.read(100, Duration::from_millis(200)).await.unwrap_or_default() {
                events.push(Envelope::decode(entry.field("e").unwrap().clone()).unwrap());
            }
            events.len() >= count
        },
        Duration::from_secs(20),
        "the events on the stream",
    )
    .await;
    assert_eq!(events.len(), count);
    events
}

pub fn read(event: &Envelope) -> (&'static str, &LinkSnapshot) {
    let (name, snapshot) = match event.payload.as_ref().unwrap() {
        Payload::LinkCreated(fact) => ("created", &fact.snapshot),
        Payload::LinkUpdated(fact) => ("updated", &fact.snapshot),
        Payload::LinkDeleted(fact) => ("deleted", &fact.snapshot),
        Payload::LinkRestored(fact) => ("restored", &fact.snapshot),
        Payload::LinkExpired(fact) => ("expired", &fact.snapshot),
        Payload::LinkDisabled(fact) => ("disabled", &fact.snapshot),
        Payload::LinkExpiring(fact) => ("expiring", &fact.snapshot),
        other => panic!("{other:?}"),
    };
    (name, snapshot.as_ref().unwrap())
}

#[tokio::test]
async fn every_change_is_on_the_stream_in_the_order_of_versions() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let link = editor.create(NewLink { max_clicks: 1, ..aliased("story") }).await.unwrap();
    editor.update(link.id, LinkPatch { title: Some("T".to_owned()), ..Default::default() }).await.unwrap();
    editor.update(link.id, LinkPatch { disabled: Some(true), ..Default::default() }).await.unwrap();
    editor.update(link.id, LinkPatch { disabled: Some(false), ..Default::default() }).await.unwrap();
    editor.delete(link.id).await.unwrap();
    editor.restore_link(RestoreLinkRequest { id: link.id }).await.unwrap();
    assert!(app.service().click(link.id, 1).await.unwrap().granted);
    let events = events(&app, 7).await;
    let told: Vec<_> = events.iter().map(|event| (read(event).0, read(event).1.target.as_ref().unwrap())).collect();
    let names: Vec<_> = told.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["created", "updated", "disabled", "updated", "deleted", "restored", "expired"]);
    let versions: Vec<_> = told.iter().map(|(_, target)| target.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    let states: Vec<_> = told.iter().map(|(_, target)| target.state()).collect();
    use LinkState::*;
    assert_eq!(states, [Active, Active, Disabled, Active, Deleted, Active, Exhausted]);
    for event in &events {
        assert_eq!((event.event_id.len(), event.workspace_id), (16, WORKSPACE));
    }
    // The last event carries all that the service knows.
    let last = read(&events[6]).1;
    assert_eq!(*last.link.as_ref().unwrap(), editor.get(link.id).await.unwrap());
    assert_eq!(*last.target.as_ref().unwrap(), app.service().resolve("story").await.unwrap());
    app.stop().await;
}

#[tokio::test]
async fn bulk_creates_tell_of_every_link() {
    let app = TestApp::start().await;
    let links = (0..20).map(|n| to(&format!("https://a.example/{n}"))).collect();
    let request = BatchCreateLinksRequest { workspace_id: WORKSPACE, links, ..Default::default() };
    app.editor().batch_create_links(request).await.unwrap();
    for (number, event) in events(&app, 20).await.iter().enumerate() {
        let (name, snapshot) = read(event);
        assert_eq!(name, "created");
        assert_eq!(snapshot.target.as_ref().unwrap().url, format!("https://a.example/{number}"));
    }
    app.stop().await;
}

#[tokio::test]
async fn creates_succeed_while_redis_is_away_and_are_told_later() {
    let dir = tempfile::tempdir().unwrap();
    let mut redis =
        curtail_testkit::PrivateRedis::start(dir.path().join("redis"), curtail_testkit::free_port()).await.unwrap();
    let settings = redis.config(0);
    let app = TestApp::configured(|config| config.redis = settings).await;
    redis.kill9();
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(app.editor().create(to("https://a.example")).await.unwrap().code);
    }
    redis.restart().await.unwrap();
    let told: Vec<_> =
        events(&app, 5).await.iter().map(|event| read(event).1.target.as_ref().unwrap().code.clone()).collect();
    assert_eq!(told, codes);
    app.stop().await;
}
