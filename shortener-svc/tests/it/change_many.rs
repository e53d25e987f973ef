//! Many links changed or deleted at once.

use curtail_proto::links::v1::bulk_outcome::Result as Ending;
use curtail_proto::links::v1::*;
use curtail_tokens::Role;

use crate::app::*;

fn ids(ids: impl IntoIterator<Item = i64>) -> Option<LinkSelection> {
    let by = link_selection::By::Ids(LinkIds { ids: ids.into_iter().collect() });
    Some(LinkSelection { by: Some(by) })
}

fn filtered(tag: &str, expected_count: u32) -> Option<LinkSelection> {
    let filter = Some(LinkFilter { tags: vec![tag.to_owned()], ..LinkFilter::default() });
    Some(LinkSelection { by: Some(link_selection::By::Filtered(FilteredLinks { filter, expected_count })) })
}

fn update(selection: Option<LinkSelection>, change: BulkChange) -> BatchUpdateLinksRequest {
    BatchUpdateLinksRequest { workspace_id: WORKSPACE, selection, change: Some(change) }
}

fn delete(selection: Option<LinkSelection>) -> BatchDeleteLinksRequest {
    BatchDeleteLinksRequest { workspace_id: WORKSPACE, selection }
}

fn disable() -> BulkChange {
    BulkChange { disabled: Some(true), ..BulkChange::default() }
}

fn reason(outcome: &BulkOutcome) -> &str {
    match outcome.result.as_ref().unwrap() {
        Ending::Problem(problem) => &problem.reason,
        Ending::Link(_) => "",
    }
}

async fn create_many(editor: &Client, count: usize, tag: &str) -> Vec<i64> {
    let link = |n| NewLink { tags: vec![tag.to_owned()], ..to(&format!("https://a.example/{n}")) };
    let request = BatchCreateLinksRequest {
        workspace_id: WORKSPACE,
        links: (0..count).map(link).collect(),
        ..Default::default()
    };
    let outcomes = editor.batch_create_links(request).await.unwrap().outcomes;
    let id = |outcome: batch_create_links_response::Outcome| match outcome.result.unwrap() {
        batch_create_links_response::outcome::Result::Link(link) => link.id,
        batch_create_links_response::outcome::Result::Problem(problem) => panic!("{problem:?}"),
    };
    outcomes.into_iter().map(id).collect()
}

#[tokio::test]
async fn each_link_has_an_outcome_of_its_own() {
    let app = TestApp::start().await;
    let (editor, operator) = (app.editor(), app.operator(None));
    let [one, two, gone, blocked] = ["one", "two", "gone", "blocked"].map(aliased);
    let one = editor.create(NewLink { tags: vec!["News".to_owned()], ..one }).await.unwrap();
    let two = editor.create(two).await.unwrap();
    let gone = editor.create(gone).await.unwrap();
    editor.delete(gone.id).await.unwrap();
    let blocked = editor.create(blocked).await.unwrap();
    let by = Some(link_ref::By::Id(blocked.id));
    let request = BlockLinkRequest { link: Some(LinkRef { by }), reason: "x".to_owned(), public_reason: String::new() };
    operator.block_link(request).await.unwrap();
    let foreign = app.stranger();
    let request = CreateLinkRequest { workspace_id: OTHER_WORKSPACE, link: Some(aliased("x")), ..Default::default() };
    let foreign = foreign.create_link(request).await.unwrap().link.unwrap();

    let change = BulkChange { add_tags: vec!["NEWS".to_owned()], remove_tags: vec!["old".to_owned()], ..disable() };
    let selection = ids([two.id, one.id, gone.id, blocked.id, foreign.id, 1, two.id]);
    let outcomes = editor.batch_update_links(update(selection, change.clone())).await.unwrap().outcomes;
    let seen: Vec<_> = outcomes.iter().map(|outcome| (outcome.id, outcome.changed, reason(outcome))).collect();
    assert_eq!(
        seen,
        [
            (two.id, true, ""),
            (one.id, true, ""),
            (gone.id, false, "LINK_DELETED"),
            (blocked.id, false, "LINK_BLOCKED"),
            (foreign.id, false, "LINK_NOT_FOUND"),
            (1, false, "LINK_NOT_FOUND"),
        ]
    );
    for id in [one.id, two.id] {
        let link = editor.get(id).await.unwrap();
        assert_eq!((link.version, link.state(), link.tags[0].name.as_str()), (2, LinkState::Disabled, "News"));
    }
    // The same again changes nothing, and neither version nor event comes of it.
    let again = editor.batch_update_links(update(ids([one.id, two.id]), change)).await.unwrap().outcomes;
    assert!(again.iter().all(|outcome| !outcome.changed && reason(outcome).is_empty()));
    assert_eq!(editor.get(one.id).await.unwrap().version, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_thousand_links_by_filter_and_by_id_and_one_more() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let all = create_many(&editor, 1_000, "big").await;
    // 1,000 by ids, 1,001 not.
    let outcomes = editor.batch_update_links(update(ids(all.clone()), disable())).await.unwrap().outcomes;
    assert!(outcomes.len() == 1_000 && outcomes.iter().all(|outcome| outcome.changed));
    let refused = is("INVALID", "BATCH_SIZE", "ids");
    let more = || ids(all.iter().copied().chain([1]));
    assert_eq!(why(editor.batch_update_links(update(more(), disable())).await), refused);
    assert_eq!(why(editor.batch_delete_links(delete(more())).await), refused);
    assert_eq!(why(editor.batch_delete_links(delete(ids([]))).await), refused);
    let refused = is("INVALID", "BATCH_SIZE", "expectedCount");
    for count in [0, 1_001] {
        assert_eq!(why(editor.batch_delete_links(delete(filtered("big", count))).await), refused);
    }
    // Another number than expected changes nothing.
    let mismatch = editor.batch_delete_links(delete(filtered("big", 999))).await.unwrap_err();
    assert_eq!(mismatch.metadata["count"], "1000");
    assert_eq!(why(Err::<(), _>(mismatch)), is("CONFLICT", "COUNT_MISMATCH", "expectedCount"));
    assert_eq!(why(editor.batch_delete_links(delete(filtered("absent", 1))).await).1, "COUNT_MISMATCH");
    let outcomes = editor.batch_delete_links(delete(filtered("BIG", 1_000))).await.unwrap().outcomes;
    assert!(outcomes.len() == 1_000 && outcomes.iter().all(|outcome| outcome.changed));
    // A restore by filter looks for deleted links.
    let restore = BulkChange { restore: true, ..BulkChange::default() };
    let outcomes = editor.batch_update_links(update(filtered("big", 1_000), restore)).await.unwrap().outcomes;
    assert!(outcomes.iter().all(|outcome| outcome.changed));
    assert_eq!(editor.get(all[0]).await.unwrap().version, 4);
    // Every change of every link has its event.
    let pool = app.database().await;
    let (events,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM outbox WHERE stream = 'links'").fetch_one(&pool).await.unwrap();
    assert_eq!(events, 4_000);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_changes() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let link = editor.create(aliased("one")).await.unwrap();
    let nothing = editor.batch_update_links(update(ids([link.id]), BulkChange::default())).await;
    assert_eq!(why(nothing), is("INVALID", "CHANGE_REQUIRED", ""));
    let past = InstantPatch { value: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }) };
    let past = BulkChange { expires_at: Some(past), ..BulkChange::default() };
    assert_eq!(why(editor.batch_update_links(update(ids([link.id]), past)).await).1, "EXPIRES_IN_PAST");
    assert_eq!(why(editor.batch_update_links(update(None, disable())).await), is("INVALID", "LINKS_REQUIRED", "ids"));
    let viewer = app.user(3, &[(WORKSPACE, Role::Viewer)], None);
    assert_eq!(why(viewer.batch_update_links(update(ids([link.id]), disable())).await).1, "ROLE_TOO_LOW");
    assert_eq!(why(app.stranger().batch_delete_links(delete(ids([link.id]))).await).1, "WORKSPACE_NOT_FOUND");
    assert_eq!(editor.get(link.id).await.unwrap().version, 1);
    app.stop().await;
}
