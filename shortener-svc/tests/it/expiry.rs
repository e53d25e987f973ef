//! The end of a link's time (E1, F19).

use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::links::v1::*;
use futures_util::future::join_all;
use time::Duration;

use crate::app::*;
use crate::events::{events, read};

fn expiring(alias: &str, app: &TestApp, after: Duration) -> NewLink {
    NewLink { expires_at: Some(instant(app, after)), ..aliased(alias) }
}

fn instant(app: &TestApp, after: Duration) -> prost_types::Timestamp {
    let at = app.clock.now() + after;
    prost_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 }
}

/// Asks until nothing is left; how many links were told of.
async fn expire_all(service: Client, limit: u32) -> u32 {
    let mut told = 0;
    loop {
        let answer = service.expire_links(ExpireLinksRequest { limit }).await.unwrap();
        told += answer.told;
        if answer.links == 0 {
            return told;
        }
    }
}

async fn warn(app: &TestApp, hours: u32) -> u32 {
    let request = WarnExpiringRequest { within_seconds: hours * 3600, limit: 100 };
    app.service().warn_expiring(request).await.unwrap().told
}

#[tokio::test]
async fn f19_each_expiry_is_told_once_however_many_tell() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let mut links = Vec::new();
    for number in 0..40 {
        links.push(editor.create(expiring(&format!("l{number}"), &app, Duration::HOUR)).await.unwrap());
    }
    let later = editor.create(expiring("later", &app, Duration::hours(3))).await.unwrap();
    let deleted = editor.create(expiring("deleted", &app, Duration::HOUR)).await.unwrap();
    editor.delete(deleted.id).await.unwrap();
    let used_up = NewLink { max_clicks: 1, ..expiring("used-up", &app, Duration::HOUR) };
    let used_up = editor.create(used_up).await.unwrap();
    assert!(app.service().click(used_up.id, 1).await.unwrap().granted);
    assert_eq!(expire_all(app.service(), 100).await, 0, "nothing is over yet");

    app.clock.advance(Duration::hours(2));
    let tellers = (0..8).map(|_| expire_all(app.service(), 7));
    assert_eq!(join_all(tellers).await.into_iter().sum::<u32>(), 40);
    assert_eq!(expire_all(app.service(), 100).await, 0);

    // 43 creates, a delete, the last click, and the expiries.
    let events = events(&app, 43 + 2 + 40).await;
    let expired: Vec<_> = events.iter().map(read).filter(|(name, _)| *name == "expired").map(|(_, of)| of).collect();
    assert_eq!(expired.len(), 41, "the last click was told when it was taken");
    for link in &links {
        let told: Vec<_> = expired.iter().filter(|of| of.target.as_ref().unwrap().link_id == link.id).collect();
        assert_eq!(told.len(), 1);
        let link = app.editor().get(link.id).await.unwrap();
        assert_eq!((link.state(), link.version), (LinkState::Expired, 2));
        assert_eq!(*told[0].link.as_ref().unwrap(), link);
    }
    assert_eq!(app.editor().get(later.id).await.unwrap().version, 1);
    app.stop().await;
}

#[tokio::test]
async fn an_expiry_that_is_moved_is_told_again_when_it_passes() {
    let app = TestApp::on_manual_clock().await;
    let link = app.editor().create(expiring("again", &app, Duration::HOUR)).await.unwrap();
    for round in 1..=3 {
        app.clock.advance(Duration::hours(2));
        assert_eq!(expire_all(app.service(), 10).await, 1, "{round}");
        assert_eq!(expire_all(app.service(), 10).await, 0, "{round}");
        let expires_at = Some(InstantPatch { value: Some(instant(&app, Duration::HOUR)) });
        let patch = LinkPatch { expires_at, ..Default::default() };
        assert_eq!(app.editor().update(link.id, patch).await.unwrap().state(), LinkState::Active);
    }
    // A title is no new expiry.
    app.clock.advance(Duration::hours(2));
    assert_eq!(expire_all(app.service(), 10).await, 1);
    let patch = LinkPatch { title: Some("T".to_owned()), ..Default::default() };
    app.editor().update(link.id, patch).await.unwrap();
    assert_eq!(expire_all(app.service(), 10).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_warning_comes_once_for_each_expiry_and_changes_nothing() {
    let app = TestApp::on_manual_clock().await;
    let editor = app.editor();
    let link = editor.create(expiring("warned", &app, Duration::hours(30))).await.unwrap();
    let off = editor.create(expiring("off", &app, Duration::hours(20))).await.unwrap();
    let disable = |disabled| LinkPatch { disabled: Some(disabled), ..Default::default() };
    editor.update(off.id, disable(true)).await.unwrap();
    assert_eq!(warn(&app, 29).await, 0, "one is too far ahead, the other is off");
    app.clock.advance(Duration::hours(6));
    assert_eq!((warn(&app, 24).await, warn(&app, 24).await), (1, 0));
    let editor = app.editor();
    editor.update(off.id, disable(false)).await.unwrap();
    assert_eq!(warn(&app, 24).await, 1);
    assert_eq!(editor.get(link.id).await.unwrap(), link);
    let expires_at = Some(InstantPatch { value: Some(instant(&app, Duration::hours(12))) });
    editor.update(link.id, LinkPatch { expires_at, ..Default::default() }).await.unwrap();
    assert_eq!((warn(&app, 24).await, warn(&app, 24).await), (1, 0));
    app.clock.advance(Duration::hours(100));
    assert_eq!(warn(&app, 24).await, 0, "what is over is told otherwise");

    let events = events(&app, 2 + 3 + 3).await;
    let warning = |event: &curtail_proto::events::v1::Envelope| match event.payload.as_ref().unwrap() {
        Payload::LinkExpiring(fact) => fact.snapshot.as_ref().unwrap().link.clone(),
        _ => None,
    };
    let told: Vec<_> = events.iter().filter_map(warning).map(|of| (of.id, of.version)).collect();
    assert_eq!(told, [(link.id, 1), (off.id, 3), (link.id, 2)]);
    app.stop().await;
}

#[tokio::test]
async fn batches_and_warnings_have_bounds() {
    let app = TestApp::start().await;
    let service = app.service();
    let limit = is("INVALID", "LIMIT_RANGE", "limit");
    for refused in [0, 1_001] {
        assert_eq!(why(service.expire_links(ExpireLinksRequest { limit: refused }).await), limit);
        let request = WarnExpiringRequest { within_seconds: 1, limit: refused };
        assert_eq!(why(service.warn_expiring(request).await), limit);
    }
    for limit in [1, 1_000] {
        service.expire_links(ExpireLinksRequest { limit }).await.unwrap();
    }
    let year = 366 * 86_400;
    for within_seconds in [1, year] {
        service.warn_expiring(WarnExpiringRequest { within_seconds, limit: 1 }).await.unwrap();
    }
    for within_seconds in [0, year + 1] {
        let refused = service.warn_expiring(WarnExpiringRequest { within_seconds, limit: 1 }).await;
        assert_eq!(why(refused), is("INVALID", "WITHIN_RANGE", "withinSeconds"));
    }
    app.stop().await;
}
