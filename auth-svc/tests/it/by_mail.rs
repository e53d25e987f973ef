//! Questions about an address, whose answer goes by mail.

use std::time::{Duration, Instant};

use curtail_proto::{
    auth::v1::{
        RequestPasswordResetRequest, ResendVerificationRequest, ResetPasswordRequest, VerifyEmailRequest,
        VerifyEmailResponse,
    },
    events::v1::envelope::Payload,
};
use curtail_rpc::{Code, Error};

use crate::{
    registration::events,
    test_app::{PASSWORD, TestApp, answer, as_service, blame, client, reason},
};

const NEW_PASSWORD: &str = "seven-quiet-harbours-77";

async fn private() -> TestApp {
    TestApp::with(|config| config.auth.private_signup = true).await
}

async fn verify(app: &TestApp, token: &str) -> Result<VerifyEmailResponse, Error> {
    let request = VerifyEmailRequest { token: token.into(), client: client("192.0.2.1", "") };
    answer(app.client().verify_email(as_service(request)).await)
}

async fn resend(app: &TestApp, email: &str, ip: &str) -> Result<(), Error> {
    let request = ResendVerificationRequest { email: email.into(), client: client(ip, "") };
    answer(app.client().resend_verification(as_service(request)).await).map(drop)
}

async fn forgot(app: &TestApp, email: &str, ip: &str) -> Result<(), Error> {
    let request = RequestPasswordResetRequest { email: email.into(), client: client(ip, "") };
    answer(app.client().request_password_reset(as_service(request)).await).map(drop)
}

async fn reset(app: &TestApp, token: &str, new_password: &str) -> Result<(), Error> {
    let request = ResetPasswordRequest {
        token: token.into(),
        new_password: new_password.into(),
        client: client("192.0.2.1", ""),
    };
    answer(app.client().reset_password(as_service(request)).await).map(drop)
}

/// The tokens of verification mails (`true`) or reset mails among the first `count` events.
pub async fn tokens(app: &TestApp, verification: bool, count: usize) -> Vec<String> {
    let token = |payload| match payload {
        Payload::EmailVerificationRequested(fact) if verification => Some(fact.token),
        Payload::PasswordResetRequested(fact) if !verification => Some(fact.token),
        _ => None,
    };
    events(app, count).await.into_iter().filter_map(|envelope| envelope.payload).filter_map(token).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_private_sign_up_answers_alike_and_in_the_same_time() {
    let app = TestApp::with(|config| {
        config.auth.private_signup = true;
        config.auth.mail_burst = 1000;
    })
    .await;
    app.try_register("ada@example.com", PASSWORD, "Ada").await.unwrap();
    verify(&app, &tokens(&app, true, 2).await[0]).await.unwrap();
    let (mut taken, mut free) = (Vec::new(), Vec::new());
    for n in 0..25 {
        for (email, times) in [("ada@example.com".to_owned(), &mut taken), (format!("new{n}@example.com"), &mut free)] {
            let started = Instant::now();
            let answer = app.try_register(&email, PASSWORD, "Ada").await.unwrap();
            times.push(started.elapsed());
            assert_eq!(answer, Default::default());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let ratio = median(&mut taken) / median(&mut free);
    assert!((0.5..2.0).contains(&ratio), "taken takes {ratio:.2} times as long as free");
    // Weak passwords and the like are refused for every address alike.
    assert_eq!(reason(app.try_register("ada@example.com", "password", "Ada").await), "WEAK_PASSWORD");
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_until_the_address_is_proven_there_is_no_account() {
    let app = private().await;
    app.try_register("ada@example.com", PASSWORD, "Ada").await.unwrap();
    let token = tokens(&app, true, 2).await.remove(0);
    let wrong = app.login("ada@example.com", "wrong", "192.0.2.1", "").await.unwrap_err();
    let early = app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap_err();
    assert_eq!((early.code, early.to_string()), (wrong.code, wrong.to_string()));
    let verified = verify(&app, &token).await.unwrap();
    assert!(verified.user.unwrap().email_verified && app.is_signed_in(&verified.tokens.unwrap()).await);
    assert!(app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_whoever_proves_the_address_has_the_password_of_the_latest_sign_up() {
    let app = private().await;
    app.try_register("ada@example.com", NEW_PASSWORD, "Eve").await.unwrap();
    tokens(&app, true, 2).await;
    app.try_register("Ada@example.com", PASSWORD, "Ada").await.unwrap();
    let tokens = tokens(&app, true, 3).await;
    assert_eq!(reason(verify(&app, &tokens[0]).await), "MAIL_TOKEN_INVALID");
    assert_eq!(verify(&app, &tokens[1]).await.unwrap().user.unwrap().full_name, "Ada");
    assert!(app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.is_ok());
    assert_eq!(reason(app.login("ada@example.com", NEW_PASSWORD, "192.0.2.1", "").await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_once_for_its_time_and_stored_as_a_keyed_hash() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    let token = tokens(&app, true, 2).await.remove(0);
    let dump: String = sqlx::query_scalar("SELECT string_agg(t::text, '') FROM mail_tokens t")
        .fetch_one(&app.state().pool)
        .await
        .unwrap();
    assert!(!dump.contains(&token));
    let other = if token.starts_with('A') { "B" } else { "A" };
    for wrong in ["", "x", &token[1..], &format!("{other}{}", &token[1..])] {
        assert_eq!(blame(verify(&app, wrong).await), ("MAIL_TOKEN_INVALID".into(), "token".into()));
    }
    assert_eq!(reason(reset(&app, &token, NEW_PASSWORD).await), "MAIL_TOKEN_INVALID");
    // One of two who bring it at once gets in.
    let (one, other) = tokio::join!(verify(&app, &token), verify(&app, &token));
    assert!(one.is_ok() != other.is_ok());

    app.register("bob@example.com").await;
    let token = tokens(&app, true, 4).await.remove(1);
    app.advance(time::Duration::hours(24) - time::Duration::SECOND).await;
    forgot(&app, "bob@example.com", "192.0.2.1").await.unwrap();
    app.advance(time::Duration::SECOND).await;
    assert_eq!(reason(verify(&app, &token).await), "MAIL_TOKEN_INVALID");
    let token = tokens(&app, false, 5).await.remove(0);
    app.advance(time::Duration::hours(1)).await;
    assert_eq!(reason(reset(&app, &token, NEW_PASSWORD).await), "MAIL_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_reset_and_resend_say_nothing_about_who_has_an_account() {
    let app = TestApp::new().await;
    let ada = app.register("ada@example.com").await.tokens.unwrap();
    for email in ["unknown@example.com", "ada@example.com"] {
        forgot(&app, email, "192.0.2.1").await.unwrap();
        resend(&app, email, "192.0.2.1").await.unwrap();
    }
    // The questions were answered in order, so these are all mails there are.
    let facts = events(&app, 4).await;
    let about = |payload: &Payload| match payload {
        Payload::PasswordResetRequested(fact) => fact.email.clone(),
        Payload::EmailVerificationRequested(fact) => fact.email.clone(),
        _ => "ada@example.com".into(),
    };
    assert!(facts.iter().all(|fact| about(fact.payload.as_ref().unwrap()) == "ada@example.com"), "{facts:?}");
    let token = tokens(&app, false, 4).await.remove(0);
    assert_eq!(blame(reset(&app, &token, "password").await), ("WEAK_PASSWORD".into(), "new_password".into()));
    reset(&app, &token, NEW_PASSWORD).await.unwrap();
    assert!(!app.is_signed_in(&ada).await);
    let login = app.login("ada@example.com", NEW_PASSWORD, "192.0.2.1", "").await.unwrap();
    assert!(login.user.unwrap().email_verified);
    // A proven address gets no verification, a suspended account no reset.
    app.execute("UPDATE auth.users SET status = 2 WHERE id <> $1", 0).await;
    forgot(&app, "ada@example.com", "192.0.2.1").await.unwrap();
    resend(&app, "ada@example.com", "192.0.2.1").await.unwrap();
    let answered = async || {
        let waiting: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mail_requests").fetch_one(&app.state().pool).await.unwrap();
        waiting == 0
    };
    curtail_testkit::until(answered, Duration::from_secs(10), "the questions are answered").await;
    assert_eq!(tokens(&app, false, 4).await.len() + tokens(&app, true, 4).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_mails_to_an_address_and_by_a_client_are_few() {
    let app = TestApp::with(|config| config.auth.mail_burst = 3).await;
    let refused = |result: Result<(), Error>| {
        let error = result.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::RateLimited, "TOO_MANY_MAILS"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(3600)));
    };
    // To one mailbox from everywhere, whether or not it has an account.
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        forgot(&app, "ada@example.com", ip).await.unwrap();
    }
    refused(resend(&app, "ADA@example.com", "192.0.2.4").await);
    // To many mailboxes from one client.
    for email in ["a@example.com", "b@example.com", "c@example.com"] {
        forgot(&app, email, "198.51.100.1").await.unwrap();
    }
    refused(forgot(&app, "d@example.com", "198.51.100.1").await);
    app.advance(time::Duration::hours(1)).await;
    forgot(&app, "d@example.com", "198.51.100.1").await.unwrap();
    for email in ["a@b.c\r\nBcc: x@y.z", "<a@b.c>"] {
        assert_eq!(blame(forgot(&app, email, "192.0.2.9").await).0, "EMAIL_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_the_first_account_has_no_power_by_being_the_first() {
    let app = TestApp::new().await;
    assert!(!app.register("first@example.com").await.user.unwrap().platform_admin);
}
