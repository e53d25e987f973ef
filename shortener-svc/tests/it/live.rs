//! Changes as they happen, to those who may see the links.

use std::time::{Duration, Instant};

use curtail_proto::links::v1::LinkChangeKind::*;
use curtail_proto::links::v1::*;
use curtail_rpc::Code;
use curtail_tokens::{Role, Scope};
use tonic::Streaming;

use crate::app::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// The changes that arrive until there are `count`. None may be left out.
async fn seen(stream: &mut Streaming<WatchLinksResponse>, count: usize) -> Vec<LinkChange> {
    let mut changes = Vec::new();
    let arrive = async {
        while changes.len() < count {
            let message = stream.message().await.unwrap().unwrap();
            assert_eq!(message.skipped, 0);
            assert!(message.changes.len() <= 64);
            changes.extend(message.changes);
        }
    };
    tokio::time::timeout(PATIENCE, arrive).await.expect("they arrive");
    changes
}

fn disabled(disabled: bool) -> LinkPatch {
    LinkPatch { disabled: Some(disabled), ..LinkPatch::default() }
}

#[tokio::test]
async fn every_change_is_told_within_a_second_in_the_order_of_versions() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let mut stream = editor.watch(WORKSPACE, 0).await.unwrap();
    let start = Instant::now();
    let link = editor.create(NewLink { max_clicks: 1, ..aliased("story") }).await.unwrap();
    assert_eq!(seen(&mut stream, 1).await[0].link, Some(link.clone()));
    assert!(start.elapsed() < curtail_testkit::PROMPT, "{:?}", start.elapsed());

    editor.update(link.id, LinkPatch { title: Some("T".to_owned()), ..Default::default() }).await.unwrap();
    editor.update(link.id, disabled(true)).await.unwrap();
    editor.update(link.id, disabled(false)).await.unwrap();
    editor.delete(link.id).await.unwrap();
    editor.restore_link(RestoreLinkRequest { id: link.id }).await.unwrap();
    assert!(app.service().click(link.id, 1).await.unwrap().granted);
    let changes = seen(&mut stream, 6).await;
    let kinds: Vec<_> = changes.iter().map(|change| (change.kind(), change.version, change.link.is_some())).collect();
    assert_eq!(
        kinds,
        [
            (Updated, 2, true),
            (Disabled, 3, true),
            (Updated, 4, true),
            (Deleted, 5, false),
            (Restored, 6, true),
            (Expired, 7, true)
        ]
    );
    assert!(changes.iter().all(|change| change.link_id == link.id && change.at.is_some() && change.id.len() == 32));
    assert_eq!(changes[5].link, Some(editor.get(link.id).await.unwrap()));
    app.stop().await;
}

#[tokio::test]
async fn a_warning_is_not_told_and_the_end_of_a_links_time_is() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let at = (app.clock.now() + time::Duration::HOUR).unix_timestamp();
    let expires_at = Some(prost_types::Timestamp { seconds: at, nanos: 0 });
    let link = editor.create(NewLink { expires_at, ..aliased("soon") }).await.unwrap();
    let mut stream = editor.watch(WORKSPACE, 0).await.unwrap();
    let warn = WarnExpiringRequest { within_seconds: 7200, limit: 10 };
    assert_eq!(app.service().warn_expiring(warn).await.unwrap().told, 1);
    app.clock.advance(time::Duration::hours(2));
    assert_eq!(app.service().expire_links(ExpireLinksRequest { limit: 10 }).await.unwrap().told, 1);
    let told = &seen(&mut stream, 1).await[0];
    assert_eq!((told.kind(), told.link_id, told.version), (Expired, link.id, 2));
    assert_eq!(told.link.as_ref().unwrap().state(), LinkState::Expired);
    app.stop().await;
}

#[tokio::test]
async fn s18_only_members_watch_and_only_their_workspace_is_told() {
    let app = TestApp::start().await;
    let (editor, stranger) = (app.editor(), app.stranger());
    let link = editor.create(aliased("target")).await.unwrap();
    for (client, workspace, expected) in [
        (app.user(3, &[(WORKSPACE, Role::Viewer)], None), WORKSPACE, None),
        (app.user(3, &[(WORKSPACE, Role::Owner)], Some(&[Scope::Read])), WORKSPACE, None),
        (app.user(3, &[(WORKSPACE, Role::Owner)], Some(&[Scope::Analytics])), WORKSPACE, Some(Code::Forbidden)),
        (app.user(3, &[], None), WORKSPACE, Some(Code::NotFound)),
        (app.stranger(), WORKSPACE, Some(Code::NotFound)),
        (app.editor(), 0, Some(Code::NotFound)),
        (app.service(), WORKSPACE, Some(Code::Unauthenticated)),
    ] {
        assert_eq!(client.watch(workspace, 0).await.err().map(|error| error.code), expected);
    }

    let mut theirs = stranger.watch(OTHER_WORKSPACE, 0).await.unwrap();
    // A link of another workspace never changes in one's own.
    let mut strange = stranger.watch(OTHER_WORKSPACE, link.id).await.unwrap();
    let mut one = editor.watch(WORKSPACE, link.id).await.unwrap();
    let ours = editor.create(aliased("other")).await.unwrap();
    editor.update(link.id, disabled(true)).await.unwrap();
    let request = CreateLinkRequest { workspace_id: OTHER_WORKSPACE, link: Some(aliased("x")), ..Default::default() };
    let foreign = stranger.create_link(request).await.unwrap().link.unwrap();
    assert_eq!(seen(&mut theirs, 1).await[0].link_id, foreign.id);
    let told = seen(&mut one, 1).await;
    assert_eq!((told.len(), told[0].link_id, told[0].kind()), (1, link.id, Disabled));
    assert_ne!(ours.id, link.id);
    assert!(tokio::time::timeout(Duration::from_millis(200), strange.message()).await.is_err());
    app.stop().await;
}

#[tokio::test]
async fn a_bulk_create_is_told_whole() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let (mut all, _idle) = (editor.watch(WORKSPACE, 0).await.unwrap(), editor.watch(WORKSPACE, 0).await.unwrap());
    let links = (0..1000).map(|n| to(&format!("https://a.example/{n}"))).collect();
    let request = BatchCreateLinksRequest { workspace_id: WORKSPACE, links, ..Default::default() };
    assert_eq!(editor.batch_create_links(request).await.unwrap().outcomes.len(), 1000);
    let changes = seen(&mut all, 1000).await;
    let ids: std::collections::HashSet<_> = changes.iter().map(|change| change.link_id).collect();
    assert_eq!((changes.len(), ids.len()), (1000, 1000));
    app.stop().await;
}

#[tokio::test]
async fn what_changes_while_redis_is_away_is_told_when_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut redis = curtail_testkit::PrivateRedis::start(directory.path(), curtail_testkit::free_port()).await.unwrap();
    let settings = redis.config(0);
    let app = TestApp::configured(|config| config.redis = settings).await;
    let editor = app.editor();
    let mut stream = editor.watch(WORKSPACE, 0).await.unwrap();
    let before = editor.create(aliased("before")).await.unwrap();
    assert_eq!(seen(&mut stream, 1).await[0].link_id, before.id);
    redis.kill9();
    let meanwhile = editor.create(aliased("meanwhile")).await.unwrap();
    redis.restart().await.unwrap();
    assert_eq!(seen(&mut stream, 1).await[0].link_id, meanwhile.id);
    app.stop().await;
}
