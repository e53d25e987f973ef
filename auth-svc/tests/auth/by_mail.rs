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
    world::{PASSWORD, World, answer, as_service, blame, client, reason},
};

const NEW_PASSWORD: &str = "seven-quiet-harbours-77";

async fn private() -> World {
    World::with(|config| config.auth.private_signup = true).await
}

async fn verify(world: &World, token: &str) -> Result<VerifyEmailResponse, Error> {
    let request = VerifyEmailRequest { token: token.into(), client: client("192.0.2.1", "") };
    answer(world.client().verify_email(as_service(request)).await)
}

async fn resend(world: &World, email: &str, ip: &str) -> Result<(), Error> {
    let request = ResendVerificationRequest { email: email.into(), client: client(ip, "") };
    answer(world.client().resend_verification(as_service(request)).await).map(drop)
}

async fn forgot(world: &World, email: &str, ip: &str) -> Result<(), Error> {
    let request = RequestPasswordResetRequest { email: email.into(), client: client(ip, "") };
    answer(world.client().request_password_reset(as_service(request)).await).map(drop)
}

async fn reset(world: &World, token: &str, new_password: &str) -> Result<(), Error> {
    let request = ResetPasswordRequest {
        token: token.into(),
        new_password: new_password.into(),
        client: client("192.0.2.1", ""),
    };
    answer(world.client().reset_password(as_service(request)).await).map(drop)
}

/// The tokens of verification mails (`true`) or reset mails among the first `count` events.
pub async fn tokens(world: &World, verification: bool, count: usize) -> Vec<String> {
    let token = |payload| match payload {
        Payload::EmailVerificationRequested(fact) if verification => Some(fact.token),
        Payload::PasswordResetRequested(fact) if !verification => Some(fact.token),
        _ => None,
    };
    events(world, count).await.into_iter().filter_map(|envelope| envelope.payload).filter_map(token).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_private_sign_up_answers_alike_and_in_the_same_time() {
    let world = World::with(|config| {
        config.auth.private_signup = true;
        config.auth.mail_burst = 1000;
    })
    .await;
    world.try_register("ada@example.com", PASSWORD, "Ada").await.unwrap();
    verify(&world, &tokens(&world, true, 2).await[0]).await.unwrap();
    let (mut taken, mut free) = (Vec::new(), Vec::new());
    for n in 0..25 {
        for (email, times) in [("ada@example.com".to_owned(), &mut taken), (format!("new{n}@example.com"), &mut free)] {
            let started = Instant::now();
            let answer = world.try_register(&email, PASSWORD, "Ada").await.unwrap();
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
    // Weak passwords and the like are told to everybody alike.
    assert_eq!(reason(world.try_register("ada@example.com", "password", "Ada").await), "WEAK_PASSWORD");
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_until_the_address_is_proven_there_is_no_account() {
    let world = private().await;
    world.try_register("ada@example.com", PASSWORD, "Ada").await.unwrap();
    let token = tokens(&world, true, 2).await.remove(0);
    let wrong = world.login("ada@example.com", "wrong", "192.0.2.1", "").await.unwrap_err();
    let early = world.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap_err();
    assert_eq!((early.code, early.to_string()), (wrong.code, wrong.to_string()));
    let verified = verify(&world, &token).await.unwrap();
    assert!(verified.user.unwrap().email_verified && world.is_signed_in(&verified.tokens.unwrap()).await);
    assert!(world.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_whoever_proves_the_address_has_the_password_of_the_latest_sign_up() {
    let world = private().await;
    world.try_register("ada@example.com", NEW_PASSWORD, "Eve").await.unwrap();
    tokens(&world, true, 2).await;
    world.try_register("Ada@example.com", PASSWORD, "Ada").await.unwrap();
    let tokens = tokens(&world, true, 3).await;
    assert_eq!(reason(verify(&world, &tokens[0]).await), "MAIL_TOKEN_INVALID");
    assert_eq!(verify(&world, &tokens[1]).await.unwrap().user.unwrap().full_name, "Ada");
    assert!(world.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.is_ok());
    assert_eq!(reason(world.login("ada@example.com", NEW_PASSWORD, "192.0.2.1", "").await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_once_for_its_time_and_stored_as_a_keyed_hash() {
    let world = World::new().await;
    world.register("ada@example.com").await;
    let token = tokens(&world, true, 2).await.remove(0);
    let dump: String = sqlx::query_scalar("SELECT string_agg(t::text, '') FROM mail_tokens t")
        .fetch_one(&world.app().pool)
        .await
        .unwrap();
    assert!(!dump.contains(&token));
    let other = if token.starts_with('A') { "B" } else { "A" };
    for wrong in ["", "x", &token[1..], &format!("{other}{}", &token[1..])] {
        assert_eq!(blame(verify(&world, wrong).await), ("MAIL_TOKEN_INVALID".into(), "token".into()));
    }
    assert_eq!(reason(reset(&world, &token, NEW_PASSWORD).await), "MAIL_TOKEN_INVALID");
    // One of two who bring it at once gets in.
    let (one, other) = tokio::join!(verify(&world, &token), verify(&world, &token));
    assert!(one.is_ok() != other.is_ok());

    world.register("bob@example.com").await;
    let token = tokens(&world, true, 4).await.remove(1);
    world.advance(time::Duration::hours(24) - time::Duration::SECOND).await;
    forgot(&world, "bob@example.com", "192.0.2.1").await.unwrap();
    world.advance(time::Duration::SECOND).await;
    assert_eq!(reason(verify(&world, &token).await), "MAIL_TOKEN_INVALID");
    let token = tokens(&world, false, 5).await.remove(0);
    world.advance(time::Duration::hours(1)).await;
    assert_eq!(reason(reset(&world, &token, NEW_PASSWORD).await), "MAIL_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_reset_and_resend_say_nothing_about_who_has_an_account() {
    let world = World::new().await;
    let ada = world.register("ada@example.com").await.tokens.unwrap();
    for email in ["nobody@example.com", "ada@example.com"] {
        forgot(&world, email, "192.0.2.1").await.unwrap();
        resend(&world, email, "192.0.2.1").await.unwrap();
    }
    // The questions were answered in order, so these are all mails there are.
    let facts = events(&world, 4).await;
    let about = |payload: &Payload| match payload {
        Payload::PasswordResetRequested(fact) => fact.email.clone(),
        Payload::EmailVerificationRequested(fact) => fact.email.clone(),
        _ => "ada@example.com".into(),
    };
    assert!(facts.iter().all(|fact| about(fact.payload.as_ref().unwrap()) == "ada@example.com"), "{facts:?}");
    let token = tokens(&world, false, 4).await.remove(0);
    assert_eq!(blame(reset(&world, &token, "password").await), ("WEAK_PASSWORD".into(), "new_password".into()));
    reset(&world, &token, NEW_PASSWORD).await.unwrap();
    assert!(!world.is_signed_in(&ada).await);
    let login = world.login("ada@example.com", NEW_PASSWORD, "192.0.2.1", "").await.unwrap();
    assert!(login.user.unwrap().email_verified);
    // A proven address gets no verification, a suspended account no reset.
    world.execute("UPDATE auth.users SET status = 2 WHERE id <> $1", 0).await;
    forgot(&world, "ada@example.com", "192.0.2.1").await.unwrap();
    resend(&world, "ada@example.com", "192.0.2.1").await.unwrap();
    let answered = async || {
        let waiting: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mail_requests").fetch_one(&world.app().pool).await.unwrap();
        waiting == 0
    };
    curtail_testkit::until(answered, Duration::from_secs(10), "the questions are answered").await;
    assert_eq!(tokens(&world, false, 4).await.len() + tokens(&world, true, 4).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_mails_to_an_address_and_by_a_client_are_few() {
    let world = World::with(|config| config.auth.mail_burst = 3).await;
    let refused = |result: Result<(), Error>| {
        let error = result.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::RateLimited, "TOO_MANY_MAILS"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(3600)));
    };
    // To one mailbox from everywhere, whether or not it has an account.
    for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        forgot(&world, "ada@example.com", ip).await.unwrap();
    }
    refused(resend(&world, "ADA@example.com", "192.0.2.4").await);
    // To many mailboxes from one client.
    for email in ["a@example.com", "b@example.com", "c@example.com"] {
        forgot(&world, email, "198.51.100.1").await.unwrap();
    }
    refused(forgot(&world, "d@example.com", "198.51.100.1").await);
    world.advance(time::Duration::hours(1)).await;
    forgot(&world, "d@example.com", "198.51.100.1").await.unwrap();
    for email in ["a@b.c\r\nBcc: x@y.z", "<a@b.c>"] {
        assert_eq!(blame(forgot(&world, email, "192.0.2.9").await).0, "EMAIL_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_the_first_account_has_no_power_by_being_the_first() {
    let world = World::new().await;
    assert!(!world.register("first@example.com").await.user.unwrap().platform_admin);
}
