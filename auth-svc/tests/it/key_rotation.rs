use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use auth_svc::admin;
use curtail_clock::Clock;
use curtail_proto::auth::v1::{GetKeyRingRequest, GetViewerRequest, exchange_request::Credential};
use curtail_tokens::{Purpose, SigningKey};

use crate::test_app::{TestApp, answer, as_service, as_user, reason};

/// Two replicas on one database; every token of one is shown to the other while keys are rotated twice.
#[tokio::test(flavor = "multi_thread")]
async fn s23_no_request_fails_across_a_rotation() {
    let mut config = curtail_testkit::config().await;
    config.auth.registrations_ip_per_hour = 1000;
    auth_svc::migrate(&config.database).await.unwrap();
    let replicas =
        [TestApp::start(config.clone(), Clock::system()).await, TestApp::start(config, Clock::system()).await];
    for replica in &replicas {
        replica.ready().await;
    }
    assert_eq!(replicas[0].state().keys.public().unwrap(), replicas[1].state().keys.public().unwrap());
    let pair = replicas[0].register("ada@example.com").await.tokens.unwrap();

    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let clients = async |turn: usize| {
        let mut kids = HashSet::new();
        let mut pair = pair.clone();
        let (own, other) = (&replicas[turn % 2], &replicas[(turn + 1) % 2]);
        if turn > 0 {
            pair =
                own.login("ada@example.com", crate::test_app::PASSWORD, "192.0.2.1", "").await.unwrap().tokens.unwrap();
        }
        while !stop.load(Ordering::Relaxed) {
            // A fresh access token from one, exchanged at the other, its internal token shown to the first.
            pair = own.refresh(&pair.refresh_token).await.unwrap();
            let internal = other.exchange(Credential::AccessToken(pair.access_token.clone())).await.unwrap();
            answer(own.client().get_viewer(as_user(&internal, GetViewerRequest {})).await).unwrap();
            kids.insert(footer(&internal));
            calls.fetch_add(3, Ordering::Relaxed);
        }
        kids
    };
    let rotations = async {
        for _ in 0..2 {
            admin::rotate_keys(&replicas[0].config).await.unwrap();
            tokio::time::sleep(Duration::from_millis(4500)).await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    let (one, two, three, ()) = tokio::join!(clients(0), clients(1), clients(2), rotations);
    println!("{} calls, 0 failed", calls.load(Ordering::Relaxed));
    for kids in [one, two, three] {
        assert_eq!(kids.len(), 3, "every client has seen each of the three keys sign");
    }
}

/// The key id in a token's footer, as it is encoded.
fn footer(token: &str) -> String {
    token.rsplit('.').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn s23_a_new_key_is_announced_signs_and_retires_the_old_after_the_last_token() {
    let app = TestApp::new().await;
    let pair = app.register("ada@example.com").await.tokens.unwrap();
    let keys = &app.state().keys;
    let old = keys.signer().unwrap();
    let new = keys.rotate(&mut app.state().entropy.fork()).await.unwrap();
    // Announced: in the ring, but not signing yet.
    assert_eq!(keys.signer().unwrap().key_id(), old.key_id());
    let ring = async || answer(app.client().get_key_ring(as_service(GetKeyRingRequest {})).await).unwrap().keys;
    assert_eq!(ring().await.len(), 2);
    assert_eq!(ring().await[0], old.public_paserk());
    app.advance(time::Duration::seconds(3)).await;
    assert_eq!(keys.signer().unwrap().key_id(), new);
    assert_ne!(ring().await[0], old.public_paserk());
    // Old tokens are good until they expire, 15 minutes and a margin later the key is gone.
    assert!(app.is_signed_in(&pair).await);
    app.advance(time::Duration::seconds(900 + 59)).await;
    assert_eq!(keys.retire().await.unwrap(), 0);
    app.advance(time::Duration::SECOND).await;
    assert_eq!(keys.retire().await.unwrap(), 1);
    assert_eq!(ring().await.len(), 1);
    assert!(!keys.ring().unwrap().contains(old.key_id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s23_a_removed_key_is_refused_at_once_everywhere() {
    let app = TestApp::new().await;
    let pair = app.register("ada@example.com").await.tokens.unwrap();
    let internal = app.internal(&pair).await;
    let old = app.state().keys.signer().unwrap();
    let refused = admin::remove_key(&app.config, old.key_id()).await.unwrap_err();
    assert!(refused.to_string().contains("rotate first"), "{refused}");
    admin::rotate_keys(&app.config).await.unwrap();
    assert_eq!(admin::list_keys(&app.config).await.unwrap().len(), 2);
    admin::remove_key(&app.config, old.key_id()).await.unwrap();
    let view = async || answer(app.client().get_viewer(as_user(&internal, GetViewerRequest {})).await);
    curtail_testkit::until(
        async || !app.is_signed_in(&pair).await && view().await.is_err(),
        curtail_testkit::PROMPT,
        "tokens of the removed key are refused",
    )
    .await;
    // The announced key signs ahead of its time; the session continues with its refresh token.
    let pair = app.refresh(&pair.refresh_token).await.unwrap();
    assert!(app.is_signed_in(&pair).await);
    assert!(admin::remove_key(&app.config, "k4.pid.none").await.unwrap_err().to_string().contains("no key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s23_seeds_are_sealed_and_replicas_that_start_together_make_one_key() {
    let config = curtail_testkit::config().await;
    auth_svc::migrate(&config.database).await.unwrap();
    let replicas =
        futures_util::future::join_all((0..4).map(|_| TestApp::start(config.clone(), Clock::system()))).await;
    for replica in &replicas {
        replica.ready().await;
    }
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT k::text FROM signing_keys k").fetch_all(&replicas[0].state().pool).await.unwrap();
    assert_eq!(rows.len(), 1);
    let key = replicas[3].state().keys.signer().unwrap();
    assert!(rows[0].contains("v4.local.") && rows[0].contains(key.key_id()));
    let hex: String = key.seed().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!rows[0].contains(&hex) && !format!("{:?}", replicas[3].state()).contains(&hex));
    // A token of our own making with another seed under the same key id does not exist: the id is the key.
    let forged = SigningKey::from_seed([1; 32]);
    assert!(!replicas[0].state().keys.ring().unwrap().contains(forged.key_id()));
    let registered = replicas[0].register("ada@example.com").await.tokens.unwrap();
    let now = Clock::system().now();
    let claims = curtail_tokens::verify(
        &replicas[1].state().keys.ring().unwrap(),
        Purpose::Access,
        &registered.access_token,
        now,
    )
    .unwrap();
    let forged = curtail_tokens::sign(&forged, Purpose::Access, &claims).unwrap();
    assert_eq!(reason(replicas[1].exchange(Credential::AccessToken(forged)).await), "ACCESS_TOKEN_INVALID");
}
