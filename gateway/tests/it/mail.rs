//! Mails as those who get them see them: a file in the mailbox folder, a preference, a click that needs no sign-in.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::platform::{Answer, Platform};

/// The mails of a kind in the folder, as text without the soft line breaks of quoted-printable.
fn mails(platform: &Platform, kind: &str) -> Vec<String> {
    let Ok(dir) = std::fs::read_dir(&platform.config.notify.mailbox_dir) else { return Vec::new() };
    let paths = dir.map(|file| file.unwrap().path());
    let mine = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let mine = mine.filter(|path| path.to_string_lossy().contains(&format!("-{kind}-")));
    mine.map(|path| std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_a_new_account_lies_in_the_mailbox_with_its_token() {
    let platform = Platform::start(|_| ()).await;
    platform.register("ada").await;
    let there = async || !mails(&platform, "email-verification").is_empty();
    curtail_testkit::until(there, Duration::from_secs(30), "the mail is in the folder").await;
    let mails = mails(&platform, "email-verification");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("<ada@example.org>"), "{}", mails[0]);
    let link = format!("{}/verify?token=", platform.config.domains.app_url);
    let (_, token) = mails[0].split_once(&link).expect("the link with the token");
    assert!(token.split_whitespace().next().unwrap().len() > 40, "{token}");
    assert!(!mails[0].contains("List-Unsubscribe"), "this mail can not be switched off");
}

const UPDATE: &str = "mutation($choices: [NotificationPreferenceInput!]!) {
    updateNotificationPreferences(preferences: $choices) {
        preferences { kind email required } userErrors { field code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_read_changed_and_refused() {
    let platform = Platform::start(|_| ()).await;
    let cookies = platform.register("ada").await;
    let read = "{ notificationPreferences { kind email required } }";
    let before = platform.as_page(&cookies, read, json!({})).await.body["data"]["notificationPreferences"].clone();
    assert_eq!(before.as_array().map(Vec::len), Some(14), "{before}");
    assert!(before.as_array().unwrap().contains(&json!({"kind": "WEEKLY_REPORT", "email": true, "required": false})));

    let choices =
        json!({"choices": [{"kind": "WEEKLY_REPORT", "email": false}, {"kind": "LINK_CREATED", "email": true}]});
    let answer = platform.as_page(&cookies, UPDATE, choices).await;
    let payload = &answer.body["data"]["updateNotificationPreferences"];
    assert_eq!(payload["userErrors"], json!([]), "{answer:?}");
    let after = platform.as_page(&cookies, read, json!({})).await.body["data"]["notificationPreferences"].clone();
    assert_eq!(payload["preferences"], after);
    assert!(after.as_array().unwrap().contains(&json!({"kind": "WEEKLY_REPORT", "email": false, "required": false})));

    let choices = json!({"choices": [{"kind": "NEW_DEVICE", "email": false}]});
    let refused = platform.as_page(&cookies, UPDATE, choices).await;
    let errors = &refused.body["data"]["updateNotificationPreferences"]["userErrors"];
    assert_eq!(errors, &json!([{"field": "preferences", "code": "REQUIRED_NOTIFICATION"}]));
    assert_eq!(platform.ask(read).await.code(), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_unsubscribes_without_signing_in_and_a_look_does_not() {
    let platform = Platform::start(|_| ()).await;
    let cookies = platform.register("ada").await;
    let viewer = platform.as_page(&cookies, "{ viewer { id } }", json!({})).await;
    let user: i64 = viewer.body["data"]["viewer"]["id"].as_str().unwrap().parse().unwrap();
    let signer = notify_svc::mail::unsubscribe::Signer::derive(&platform.config.notify.master_key.key32());
    let owner = notify_svc::preferences::Owner::User(user);
    let token = signer.token(&owner, notify_svc::kind::Kind::WeeklyReport);
    let url = |token: &str| format!("{}/unsubscribe?token={token}", platform.url);
    let wanted = async || {
        let answer = platform.as_page(&cookies, "{ notificationPreferences { kind email } }", json!({})).await;
        answer.body["data"]["notificationPreferences"]
            .as_array()
            .unwrap()
            .contains(&json!({"kind": "WEEKLY_REPORT", "email": true}))
    };

    let page = Answer::of(platform.http.get(url(&token))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.as_str().unwrap().contains("<form method=\"post\""), "{page:?}");
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("form-action 'self'"));
    assert!(wanted().await, "a look changes nothing");

    // As a mail program does it: from another origin, without cookies, with the body of RFC 8058.
    for _ in 0..2 {
        let click = platform.http.post(url(&token)).header("origin", "https://mail.example");
        let click =
            click.header("content-type", "application/x-www-form-urlencoded").body("List-Unsubscribe=One-Click");
        assert_eq!(Answer::of(click).await.status, StatusCode::OK);
    }
    assert!(!wanted().await);
    let page = Answer::of(platform.http.get(url(&token))).await;
    assert!(!page.body.as_str().unwrap().contains("<form"), "there is nothing left to ask");

    for bad in ["", "AAAA", "%3Cscript%3E", &token[1..], &"A".repeat(601)] {
        assert_eq!(Answer::of(platform.http.post(url(bad))).await.status, StatusCode::NOT_FOUND, "{bad}");
        let page = Answer::of(platform.http.get(url(bad))).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.body.as_str().unwrap().contains("script"));
    }
}
