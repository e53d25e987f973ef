//! Creates that are repeated.

use std::collections::HashSet;

use curtail_proto::links::v1::*;
use futures_util::future::join_all;
use time::Duration;

use crate::world::*;

fn keyed(key: &str, link: NewLink) -> CreateLinkRequest {
    CreateLinkRequest {
        workspace_id: WORKSPACE,
        link: Some(link),
        idempotency_key: key.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_repeated_key_answers_as_the_first_time() {
    let world = World::start().await;
    let editor = world.editor();
    let first = editor.create_link(keyed("k1", aliased("once"))).await.unwrap();
    assert!(!first.existed);
    let second = editor.create_link(keyed("k1", aliased("once"))).await.unwrap();
    assert_eq!((second.existed, second.link), (true, first.link));
    assert_eq!(
        why(editor.create_link(keyed("k1", aliased("other"))).await),
        is("CONFLICT", "IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    );
    assert_eq!(
        why(editor.create_link(keyed(&"k".repeat(129), aliased("x"))).await),
        is("INVALID", "IDEMPOTENCY_KEY_INVALID", "idempotencyKey")
    );
    editor.create_link(keyed(&"k".repeat(128), aliased("x"))).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn parallel_requests_with_one_key_make_one_link() {
    let world = World::start().await;
    let editor = world.editor();
    for (key, link) in [("random", to("https://a.example")), ("alias", aliased("parallel"))] {
        let answers = join_all((0..20).map(|_| editor.create_link(keyed(key, link.clone())))).await;
        let ids: HashSet<i64> = answers.into_iter().map(|answer| answer.unwrap().link.unwrap().id).collect();
        assert_eq!(ids.len(), 1, "{key}");
    }
    let tags = NewLink { tags: vec!["t".to_owned()], ..to("https://a.example") };
    let answers = join_all((0..20).map(|_| editor.create_link(keyed("tagged", tags.clone())))).await;
    let ids: HashSet<i64> = answers.into_iter().map(|answer| answer.unwrap().link.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_refused_create_does_not_use_up_its_key() {
    let world = World::start().await;
    let editor = world.editor();
    editor.create(aliased("taken")).await.unwrap();
    assert_eq!(why(editor.create_link(keyed("k", aliased("taken"))).await).1, "ALIAS_TAKEN");
    assert!(!editor.create_link(keyed("k", aliased("free"))).await.unwrap().existed);
    world.stop().await;
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let world = World::on_manual_clock().await;
    let first = world.editor().create_link(keyed("k", to("https://a.example"))).await.unwrap().link.unwrap();
    world.clock.advance(Duration::hours(24) - Duration::SECOND);
    // Found, not made: this needs no id.
    let again = world.editor().create_link(keyed("k", to("https://a.example"))).await.unwrap().link.unwrap();
    assert_eq!(again.id, first.id);
    world.clock.advance(Duration::SECOND);
    world.can_mint().await;
    let fresh = world.editor().create_link(keyed("k", to("https://b.example"))).await.unwrap();
    assert!(!fresh.existed && fresh.link.unwrap().id != first.id);
    world.stop().await;
}
