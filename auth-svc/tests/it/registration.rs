use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use curtail_proto::{
    auth::v1::{GetViewerRequest, Role},
    events::v1::{Envelope, envelope::Payload},
};
use fred::interfaces::StreamsInterface as _;
use prost::Message as _;

use crate::test_app::{PASSWORD, TestApp, answer, as_user, blame, reason};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_has_a_workspace_and_is_signed_in() {
    let app = TestApp::new().await;
    let registered = app.try_register("Ada@Example.COM", PASSWORD, " Ada Lovelace ").await.unwrap();
    let (user, workspace) = (registered.user.unwrap(), registered.workspace.unwrap());
    assert_eq!((user.email.as_str(), user.full_name.as_str()), ("Ada@example.com", "Ada Lovelace"));
    assert!(!user.email_verified && !user.platform_admin);
    assert!(workspace.personal);
    assert_eq!(workspace.role(), Role::Owner);

    let internal = app.internal(&registered.tokens.unwrap()).await;
    let viewer = answer(app.client().get_viewer(as_user(&internal, GetViewerRequest {})).await).unwrap();
    assert_eq!(viewer.user.unwrap(), user);
    assert_eq!(viewer.workspaces, [workspace]);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_events_reach_the_stream() {
    let app = TestApp::new().await;
    let registered = app.register("ada@example.com").await;
    let envelopes = events(&app, 2).await;
    let Some(Payload::UserRegistered(fact)) = &envelopes[0].payload else { panic!("{envelopes:?}") };
    assert_eq!(fact.user, registered.user);
    assert_eq!(fact.personal_workspace_id, registered.workspace.unwrap().id);
    let Some(Payload::EmailVerificationRequested(fact)) = &envelopes[1].payload else { panic!("{envelopes:?}") };
    assert_eq!((fact.email.as_str(), fact.token.len()), ("ada@example.com", 43));
    assert_eq!(envelopes[0].event_id.len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bound_names_its_field() {
    let app = TestApp::new().await;
    let long = format!("{PASSWORD}{}", "x".repeat(257 - PASSWORD.len()));
    for (email, password, name, expected) in [
        ("ada", PASSWORD, "Ada", ("EMAIL_INVALID", "email")),
        ("a@b.c\r\nBcc: x@y.z", PASSWORD, "Ada", ("EMAIL_INVALID", "email")),
        ("a@b.c", &long, "Ada", ("PASSWORD_TOO_LONG", "password")),
        ("a@b.c", "password1", "Ada", ("WEAK_PASSWORD", "password")),
        ("ada.lovelace@example.com", "ada.lovelace@example.com", "Ada", ("WEAK_PASSWORD", "password")),
        ("a@b.c", PASSWORD, "", ("FULL_NAME_INVALID", "full_name")),
        ("a@b.c", PASSWORD, "\u{200b}", ("FULL_NAME_INVALID", "full_name")),
        ("a@b.c", PASSWORD, "\u{202e}", ("FULL_NAME_INVALID", "full_name")),
        ("a@b.c", PASSWORD, &"n".repeat(201), ("FULL_NAME_INVALID", "full_name")),
    ] {
        let (reason, field) = blame(app.try_register(email, password, name).await);
        assert_eq!((reason.as_str(), field.as_str()), expected);
    }
    assert!(app.try_register("a@b.c", &long[..256], &"n".repeat(200)).await.is_ok());
    let pasted = app.try_register("d@b.c", PASSWORD, "\u{202e}Ada\u{200b} Lovelace").await.unwrap();
    assert_eq!(pasted.user.unwrap().full_name, "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account_however_it_is_written_and_raced() {
    let app = TestApp::new().await;
    let tries = ["ada@example.com", "ADA@example.com", "ada@EXAMPLE.com", "Ada@Example.Com"];
    let tries = tries.map(|email| app.try_register(email, PASSWORD, "Ada"));
    let [a, b, c, d] = tries;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    let outcomes = [a, b, c, d];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refused in outcomes.into_iter().filter(|outcome| outcome.is_err()) {
        assert_eq!(blame(refused), ("EMAIL_TAKEN".into(), "email".into()));
    }
}

/// Where sign-ups are not private the answer differs; its cost does not.
#[tokio::test(flavor = "multi_thread")]
async fn s12_a_taken_address_costs_a_hash_too() {
    // A hash of some 50 ms is far above everything else.
    let app = TestApp::with(|config| (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (65536, 1)).await;
    app.register("ada@example.com").await;
    let (mut taken, mut free) = (Vec::new(), Vec::new());
    for n in 0..7 {
        let started = Instant::now();
        assert_eq!(reason(app.try_register("ada@example.com", PASSWORD, "Ada").await), "EMAIL_TAKEN");
        taken.push(started.elapsed());
        let started = Instant::now();
        app.register(&format!("new{n}@example.com")).await;
        free.push(started.elapsed());
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (taken, free) = (median(&mut taken), median(&mut free));
    assert!(taken * 2 > free, "taken {taken:?}, free {free:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_accounts_of_a_network_are_limited() {
    let app = TestApp::with(|config| config.auth.registrations_ip_per_hour = 2).await;
    app.register("a@example.com").await;
    app.register("b@example.com").await;
    let refused = app.try_register("c@example.com", PASSWORD, "Ada").await.unwrap_err();
    assert_eq!(refused.reason, "TOO_MANY_REGISTRATIONS");
    assert_eq!(refused.retry_after, Some(Duration::from_secs(1800)));
    app.advance(time::Duration::minutes(30)).await;
    app.register("c@example.com").await;
}

/// What is on the stream `accounts`, at least `count` events.
pub async fn events(app: &TestApp, count: usize) -> Vec<Envelope> {
    let redis = curtail_streams::connect(&app.config.redis).await.unwrap();
    let mut found = Vec::new();
    curtail_testkit::until(
        async || {
            type Entries = Vec<(String, HashMap<String, Vec<u8>>)>;
            let entries: Entries = redis.xrange_values("accounts", "-", "+", None).await.unwrap_or_default();
            found = entries
                .iter()
                .map(|(_, fields)| Envelope::decode(fields[curtail_streams::ENVELOPE_FIELD].as_slice()).unwrap())
                .collect();
            found.len() >= count
        },
        Duration::from_secs(10),
        "the events are on the stream",
    )
    .await;
    found
}
