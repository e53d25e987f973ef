//! Links that were deleted long ago (E2, L14).

use curtail_proto::links::v1::*;
use time::Duration;

use crate::app::*;

async fn archive(app: &TestApp, deleted_days: u32) -> u32 {
    app.service().archive_links(ArchiveLinksRequest { deleted_days, limit: 100 }).await.unwrap().links
}

#[tokio::test]
async fn a_link_deleted_long_ago_is_put_away_and_its_code_stays_gone() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let (kept, old) = (editor.create(aliased("kept")).await.unwrap(), editor.create(aliased("old")).await.unwrap());
    let tagged = NewLink { tags: vec!["a".to_owned()], ..aliased("tagged") };
    let tagged = editor.create(tagged).await.unwrap();
    let (old, tagged) = (editor.delete(old.id).await.unwrap(), editor.delete(tagged.id).await.unwrap());
    assert_eq!(archive(&app, 1).await, 0);
    app.clock.advance(Duration::days(30) + Duration::SECOND);
    assert_eq!(archive(&app, 31).await, 0);
    assert_eq!((archive(&app, 30).await, archive(&app, 30).await), (2, 0));

    let (editor, service) = (app.editor(), app.service());
    assert_eq!(why(editor.get(old.id).await), is("NOT_FOUND", "LINK_NOT_FOUND", ""));
    assert_eq!(why(editor.restore_link(RestoreLinkRequest { id: old.id }).await).1, "LINK_NOT_FOUND");
    let target = service.resolve("old").await.unwrap();
    assert_eq!((target.state(), target.version, target.link_id), (LinkState::Deleted, 2, old.id));
    assert_eq!(editor.get_by_code("tagged").await.unwrap(), tagged, "nothing of it is lost");
    assert_eq!(editor.get(kept.id).await.unwrap(), kept);
    app.can_mint().await;
    assert_eq!(why(editor.create(aliased("old")).await).1, "ALIAS_TAKEN");
    app.stop().await;
}

#[tokio::test]
async fn archiving_has_bounds() {
    let app = TestApp::start().await;
    let ask = async |deleted_days, limit| {
        app.service().archive_links(ArchiveLinksRequest { deleted_days, limit }).await.map(drop)
    };
    for (days, limit) in [(1, 1), (36_500, 1_000)] {
        ask(days, limit).await.unwrap();
    }
    for days in [0, 36_501] {
        assert_eq!(why(ask(days, 1).await), is("INVALID", "DAYS_RANGE", "deletedDays"));
    }
    for limit in [0, 1_001] {
        assert_eq!(why(ask(1, limit).await), is("INVALID", "LIMIT_RANGE", "limit"));
    }
    app.stop().await;
}
