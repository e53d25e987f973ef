//! Take-downs by administrators of the platform.

use curtail_proto::links::v1::*;
use curtail_tokens::Scope;

use crate::app::*;

fn by_id(id: i64) -> Option<LinkRef> {
    Some(LinkRef { by: Some(link_ref::By::Id(id)) })
}

fn block(id: i64, reason: &str, public_reason: &str) -> BlockLinkRequest {
    BlockLinkRequest { link: by_id(id), reason: reason.to_owned(), public_reason: public_reason.to_owned() }
}

fn release(id: i64) -> ReleaseLinkRequest {
    ReleaseLinkRequest { link: by_id(id), reason: "appeal".to_owned() }
}

#[tokio::test]
async fn a_link_is_blocked_and_released_and_both_are_kept() {
    let app = TestApp::start().await;
    let (editor, operator) = (app.editor(), app.operator(None));
    let link = editor.create(aliased("bad")).await.unwrap();
    let taken =
        operator.block_link(block(link.id, "ticket 17: phishing", "Phishing.")).await.unwrap().takedown.unwrap();
    assert_eq!((taken.link_id, taken.blocked, taken.operator_id), (link.id, true, 9));
    let blocked = editor.get(link.id).await.unwrap();
    assert_eq!((blocked.state(), blocked.version, blocked.block_reason.as_str()), (LinkState::Blocked, 2, "Phishing."));
    let target = app.service().resolve("bad").await.unwrap();
    assert_eq!((target.state(), target.block_reason.as_str()), (LinkState::Blocked, "Phishing."));
    // Again with another reason is a change, with the same one only an entry in the history.
    operator.block_link(block(link.id, "ticket 18", "Malware.")).await.unwrap();
    operator.block_link(block(link.id, "ticket 19", "Malware.")).await.unwrap();
    assert_eq!(editor.get(link.id).await.unwrap().version, 3);
    operator.release_link(release(link.id)).await.unwrap().takedown.unwrap();
    let released = editor.get(link.id).await.unwrap();
    assert_eq!((released.state(), released.version, released.block_reason.as_str()), (LinkState::Active, 4, ""));
    assert_eq!(operator.release_link(release(link.id)).await.unwrap().takedown, None, "nothing to release");
    let history = operator.list_takedowns(ListTakedownsRequest { link: by_id(link.id) }).await.unwrap().takedowns;
    let history: Vec<_> = history.iter().map(|entry| (entry.blocked, entry.reason.as_str())).collect();
    assert_eq!(history, [(false, "appeal"), (true, "ticket 19"), (true, "ticket 18"), (true, "ticket 17: phishing")]);
    let (entries,): (i64,) = sqlx::query_as("SELECT count(*) FROM outbox WHERE stream = 'audit'")
        .fetch_one(&app.database().await)
        .await
        .unwrap();
    assert_eq!(entries, 4);
    app.stop().await;
}

#[tokio::test]
async fn members_cannot_change_delete_or_restore_a_blocked_link() {
    let app = TestApp::start().await;
    let (editor, operator) = (app.editor(), app.operator(None));
    let link = editor.create(aliased("kept")).await.unwrap();
    operator.block_link(block(link.id, "phishing", "")).await.unwrap();
    let refused = is("CONFLICT", "LINK_BLOCKED", "");
    for patch in [
        LinkPatch { disabled: Some(false), ..Default::default() },
        LinkPatch { url: Some("https://other.example".to_owned()), ..Default::default() },
    ] {
        assert_eq!(why(editor.update(link.id, patch).await), refused);
    }
    assert_eq!(why(editor.delete(link.id).await), refused);
    assert_eq!(why(editor.restore_link(RestoreLinkRequest { id: link.id }).await), refused);
    assert_eq!(editor.get(link.id).await.unwrap().version, 2);
    // A link with a limit gives no clicks meanwhile.
    let limited = editor.create(NewLink { max_clicks: 5, ..aliased("limited") }).await.unwrap();
    operator.block_link(block(limited.id, "phishing", "")).await.unwrap();
    assert!(!app.service().click(limited.id, 1).await.unwrap().granted);
    app.stop().await;
}

#[tokio::test]
async fn only_administrators_in_a_session_and_services_may() {
    let app = TestApp::start().await;
    let link = app.editor().create(aliased("mine")).await.unwrap();
    let refused = is("FORBIDDEN", "PLATFORM_ADMIN_REQUIRED", "");
    for client in [app.editor(), app.stranger()] {
        for id in [link.id, 1] {
            assert_eq!(
                why(client.block_link(block(id, "x", "")).await),
                refused,
                "the answer tells nothing of the link"
            );
            assert_eq!(why(client.release_link(release(id)).await), refused);
            assert_eq!(why(client.list_takedowns(ListTakedownsRequest { link: by_id(id) }).await), refused);
        }
    }
    let key = app.operator(Some(&[Scope::Admin]));
    assert_eq!(why(key.block_link(block(link.id, "x", "")).await), is("FORBIDDEN", "SESSION_REQUIRED", ""));
    let operator = app.operator(None);
    assert_eq!(why(operator.block_link(block(1, "x", "")).await), is("NOT_FOUND", "LINK_NOT_FOUND", ""));
    assert_eq!(why(operator.block_link(block(link.id, " ", "")).await), is("INVALID", "REASON_REQUIRED", "reason"));
    let long = operator.block_link(block(link.id, "x", &"a".repeat(301))).await;
    assert_eq!(why(long), is("INVALID", "TOO_LONG", "publicReason"));
    // The command line calls as a service, and names the link by its code.
    let address = link_ref::Address { domain: String::new(), code: "mine".to_owned() };
    let by_code = Some(LinkRef { by: Some(link_ref::By::Address(address)) });
    let request = BlockLinkRequest { link: by_code, reason: "court order".to_owned(), public_reason: String::new() };
    assert_eq!(app.service().block_link(request).await.unwrap().takedown.unwrap().operator_id, 0);
    app.stop().await;
}
