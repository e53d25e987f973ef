//! Updating, deleting, restoring.

use curtail_proto::links::v1::*;
use futures_util::future::join_all;
use time::Duration;

use crate::app::*;

#[tokio::test]
async fn fields_change_and_versions_count() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let link = editor.create(aliased("life")).await.unwrap();
    let patch = LinkPatch {
        url: Some("https://new.example".to_owned()),
        title: Some("T".to_owned()),
        tags: Some(TagList { names: vec!["x".to_owned()] }),
        redirect_status: Some(301),
        disabled: Some(true),
        ..LinkPatch::default()
    };
    let changed = editor.update(link.id, patch.clone()).await.unwrap();
    assert_eq!(
        (changed.version, changed.url.as_str(), changed.state()),
        (2, "https://new.example/", LinkState::Disabled)
    );
    assert_eq!(editor.get(link.id).await.unwrap(), changed);
    // The same again is no change.
    assert_eq!(editor.update(link.id, patch).await.unwrap(), changed);
    let target = app.service().resolve("life").await.unwrap();
    assert_eq!((target.version, target.redirect_status, target.state()), (2, 301, LinkState::Disabled));
    let enabled = editor.update(link.id, LinkPatch { disabled: Some(false), ..Default::default() }).await.unwrap();
    assert_eq!((enabled.version, enabled.state()), (3, LinkState::Active));
    let bad = LinkPatch { url: Some("ftp://a.example".to_owned()), ..Default::default() };
    assert_eq!(why(editor.update(link.id, bad).await), is("INVALID", "URL_SCHEME", "url"));
    app.stop().await;
}

#[tokio::test]
async fn of_fifty_changes_from_one_version_one_wins() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let link = editor.create(aliased("race")).await.unwrap();
    let results = join_all((0..50).map(|number| {
        let patch = Some(LinkPatch { title: Some(format!("t{number}")), ..Default::default() });
        editor.update_link(UpdateLinkRequest { id: link.id, version: link.version, patch })
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(error.metadata["currentVersion"], "2");
        assert_eq!(why(Err::<(), _>(error)), is("VERSION_MISMATCH", "VERSION_MISMATCH", "version"));
    }
    assert_eq!(editor.get(link.id).await.unwrap().version, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_link_can_be_seen_and_restored_but_not_changed() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let link = editor.create(aliased("gone")).await.unwrap();
    let stale = editor.delete_link(DeleteLinkRequest { id: link.id, version: 9 }).await;
    assert_eq!(why(stale).0, "VERSION_MISMATCH");
    let deleted = editor.delete(link.id).await.unwrap();
    assert_eq!((deleted.state(), deleted.version), (LinkState::Deleted, 2));
    assert_eq!(editor.delete(link.id).await.unwrap(), deleted, "deleting again changes nothing");
    assert_eq!(app.service().resolve("gone").await.unwrap().state(), LinkState::Deleted);
    assert_eq!(editor.get(link.id).await.unwrap(), deleted);
    let patch = LinkPatch { title: Some("T".to_owned()), ..Default::default() };
    assert_eq!(why(editor.update(link.id, patch).await), is("CONFLICT", "LINK_DELETED", ""));
    let restore = || async { editor.restore_link(RestoreLinkRequest { id: link.id }).await.unwrap().link.unwrap() };
    let restored = restore().await;
    assert_eq!((restored.state(), restored.version), (LinkState::Active, 3));
    assert_eq!(restore().await, restored, "restoring again changes nothing");
    app.stop().await;
}

#[tokio::test]
async fn states_follow_the_clock() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let at = |minutes| {
        let at = app.clock.now() + Duration::minutes(minutes);
        Some(prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 })
    };
    let link = editor.create(NewLink { starts_at: at(1), expires_at: at(2), ..aliased("timed") }).await.unwrap();
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(editor.get(link.id).await.unwrap().state());
        app.clock.advance(Duration::minutes(1));
    }
    assert_eq!(states, [LinkState::Scheduled, LinkState::Active, LinkState::Expired]);
    let later = LinkPatch { expires_at: Some(InstantPatch { value: at(5) }), ..Default::default() };
    assert_eq!(editor.update(link.id, later).await.unwrap().state(), LinkState::Active);
    let past = LinkPatch { expires_at: Some(InstantPatch { value: at(-1) }), ..Default::default() };
    assert_eq!(why(editor.update(link.id, past).await), is("INVALID", "EXPIRES_IN_PAST", "expiresAt"));
    app.stop().await;
}
