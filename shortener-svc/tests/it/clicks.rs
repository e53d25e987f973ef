//! Links with a click limit.

use curtail_proto::links::v1::*;
use futures_util::future::join_all;

use crate::app::*;

fn limited(alias: &str, clicks: u32) -> NewLink {
    NewLink { max_clicks: clicks, ..aliased(alias) }
}

#[tokio::test]
async fn s31_of_a_hundred_visitors_of_a_ten_click_link_ten_get_through() {
    let app = TestApp::start().await;
    let (editor, redirector) = (app.editor(), app.service());
    let link = editor.create(limited("ten", 10)).await.unwrap();
    let answers = join_all((0..100).map(|number| redirector.click(link.id, number))).await;
    let granted: Vec<_> = answers.into_iter().map(Result::unwrap).filter(|answer| answer.granted).collect();
    let mut remaining: Vec<_> = granted.iter().map(|answer| answer.remaining).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, (0..10).collect::<Vec<_>>());
    let link = editor.get(link.id).await.unwrap();
    assert_eq!((link.used_clicks, link.state(), link.version), (10, LinkState::Exhausted, 2));
    assert_eq!(redirector.resolve("ten").await.unwrap().state(), LinkState::Exhausted);
    app.stop().await;
}

#[tokio::test]
async fn s31_a_repeated_visit_uses_up_nothing() {
    let app = TestApp::start().await;
    let redirector = app.service();
    let link = app.editor().create(limited("twice", 2)).await.unwrap();
    let answers = join_all((0..20).map(|_| redirector.click(link.id, 1))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().granted));
    assert_eq!(app.editor().get(link.id).await.unwrap().used_clicks, 1);
    assert!(redirector.click(link.id, 2).await.unwrap().granted);
    assert!(!redirector.click(link.id, 3).await.unwrap().granted);
    assert!(redirector.click(link.id, 2).await.unwrap().granted, "the last click stays granted");
    // Raised limits let refused visitors in.
    app.editor().update(link.id, LinkPatch { max_clicks: Some(3), ..Default::default() }).await.unwrap();
    assert!(redirector.click(link.id, 3).await.unwrap().granted);
    app.stop().await;
}

#[tokio::test]
async fn only_a_link_that_redirects_gives_clicks() {
    let app = TestApp::start().await;
    let (editor, redirector) = (app.editor(), app.service());
    let link = editor.create(limited("off", 5)).await.unwrap();
    editor.update(link.id, LinkPatch { disabled: Some(true), ..Default::default() }).await.unwrap();
    assert!(!redirector.click(link.id, 1).await.unwrap().granted);
    let unlimited = LinkPatch { disabled: Some(false), max_clicks: Some(0), ..Default::default() };
    editor.update(link.id, unlimited).await.unwrap();
    let answer = redirector.click(link.id, 1).await.unwrap();
    assert_eq!((answer.granted, answer.remaining), (true, u32::MAX));
    editor.delete(link.id).await.unwrap();
    assert!(!redirector.click(link.id, 2).await.unwrap().granted);
    assert_eq!(why(redirector.click(12_345, 1).await), is("NOT_FOUND", "LINK_NOT_FOUND", ""));
    let short = ConsumeClickRequest { link_id: link.id, event_id: vec![0; 15] };
    assert_eq!(why(redirector.consume_click(short).await), is("INVALID", "EVENT_ID_INVALID", "eventId"));
    app.stop().await;
}
