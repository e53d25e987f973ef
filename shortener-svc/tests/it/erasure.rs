//! S40: links of a workspace end with the account it belonged to.

use std::time::Duration;

use curtail_proto::events::v1::{AccountErased, Envelope, envelope::Payload};
use curtail_proto::links::v1::*;

use crate::app::*;

#[tokio::test]
async fn s40_links_of_an_erased_workspace_say_nothing_and_their_codes_stay_gone() {
    let app = TestApp::start().await;
    let editor = app.editor();
    let secret = NewLink {
        url: "https://secret.example/plans".to_owned(),
        title: "Secret plans".to_owned(),
        notes: "only for me".to_owned(),
        tags: vec!["private".to_owned()],
        alias: "plans".to_owned(),
        ..NewLink::default()
    };
    editor.create(secret).await.unwrap();
    let other = CreateLinkRequest {
        workspace_id: OTHER_WORKSPACE,
        link: Some(to("https://other.example/")),
        ..Default::default()
    };
    let other = app.stranger().create_link(other).await.unwrap().link.unwrap();

    let pool = app.database().await;
    let erased = Payload::AccountErased(AccountErased { user_id: 1, workspace_ids: vec![WORKSPACE] });
    let envelope = Envelope { event_id: vec![7; 16], payload: Some(erased), ..Default::default() };
    let mut conn = pool.acquire().await.unwrap();
    curtail_db::outbox::append(&mut conn, "accounts", &envelope).await.unwrap();
    drop(conn);
    let service = app.service();
    let gone = async || service.resolve("plans").await.unwrap().state() == LinkState::Deleted;
    curtail_testkit::until(gone, Duration::from_secs(20), "the link is erased").await;
    let rows = async || -> String {
        let sql = "select coalesce((select string_agg(l::text, '') from links l), '') || \
                   coalesce((select string_agg(t::text, '') from tags t), '')";
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    };
    let clean = async || {
        let rows = rows().await;
        !["secret.example", "Secret plans", "only for me", "private"].iter().any(|word| rows.contains(word))
    };
    curtail_testkit::until(clean, Duration::from_secs(20), "nothing is left").await;
    let published = async || {
        let sql = "select coalesce(string_agg(encode(payload, 'escape'), ''), '') from outbox where stream = 'links'";
        let text: String = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        (text.contains("secret.example"), text.contains("other.example"), text.contains("erased.invalid"))
    };
    curtail_testkit::until(async || published().await == (false, true, true), Duration::from_secs(20), "nor in events")
        .await;

    // Someone still has a token.
    let late =
        NewLink { title: "Secret late".to_owned(), alias: "late".to_owned(), ..to("https://secret.example/late") };
    let late = editor.create(late).await;
    assert!(late.is_ok(), "{late:?}");
    let gone = async || {
        service.resolve("late").await.unwrap().state() == LinkState::Deleted && !rows().await.contains("Secret")
    };
    curtail_testkit::until(gone, Duration::from_secs(20), "what comes late is erased").await;
    assert_eq!(app.stranger().get(other.id).await.unwrap(), other);
    assert_eq!(why(editor.create(aliased("plans")).await).1, "ALIAS_TAKEN");
    app.stop().await;
}
