//! Creates that are repeated.

use std::collections::HashSet;

use curtail_proto::links::v1::*;
use futures_util::future::join_all;
use time::Duration;

use crate::app::*;

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
    let app = TestApp::start().await;
    let editor = app.editor();
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
    app.stop().await;
}

#[tokio::test]
async fn parallel_requests_with_one_key_make_one_link() {
    let app = TestApp::start().await;
    let editor = app.editor();
    for (key, link) in [("random", to("https://a.example")), ("alias", aliased("parallel"))] {
        let answers = join_all((0..20).map(|_| editor.create_link(keyed(key, link.clone())))).await;
        let ids: HashSet<i64> = answers.into_iter().map(|answer| answer.unwrap().link.unwrap().id).collect();
        assert_eq!(ids.len(), 1, "{key}");
    }
    let tags = NewLink { tags: vec!["t".to_owned()], ..to("https://a.example") };
    let answers = join_all((0..20).map(|_| editor.create_link(keyed("tagged", tags.clone())))).await;
    let ids: HashSet<i64> = answers.into_iter().map(|answer| answer.unwrap().link.unwrap().id).collect();
    assert_eq!(ids.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_refused_create_does_not_use_up_its_key() {
    let app = TestApp::start().await;
    let editor = app.editor();
    editor.create(aliased("taken")).await.unwrap();
    assert_eq!(why(editor.create_link(keyed("k", aliased("taken"))).await).1, "ALIAS_TAKEN");
    assert!(!editor.create_link(keyed("k", aliased("free"))).await.unwrap().existed);
    app.stop().await;
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let app = TestApp::on_manual_clock().await;
    let first = app.editor().create_link(keyed("k", to("https://a.example"))).await.unwrap().link.unwrap();
    app.clock.advance(Duration::hours(24) - Duration::SECOND);
    // Found, not made: this needs no id.
    let again = app.editor().create_link(keyed("k", to("https://a.example"))).await.unwrap().link.unwrap();
    assert_eq!(again.id, first.id);
    app.clock.advance(Duration::SECOND);
    app.can_mint().await;
    let fresh = app.editor().create_link(keyed("k", to("https://b.example"))).await.unwrap();
    assert!(!fresh.existed && fresh.link.unwrap().id != first.id);
    app.stop().await;
}
