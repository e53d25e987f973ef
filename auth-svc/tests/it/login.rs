use std::time::{Duration, Instant};

use curtail_proto::auth::v1::GetKeyRingRequest;
use futures_util::future::join_all;

use crate::test_app::{PASSWORD, TestApp, as_service, blame, reason};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_user_and_wrong_password_have_one_answer() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    assert!(app.login("ADA@example.com", PASSWORD, "192.0.2.1", "").await.is_ok());
    let wrong = app.login("ada@example.com", "wrong", "192.0.2.1", "").await.unwrap_err();
    let unknown = app.login("eve@example.com", "wrong", "192.0.2.1", "").await.unwrap_err();
    assert_eq!(wrong.reason, "BAD_CREDENTIALS");
    assert_eq!(wrong.to_string(), unknown.to_string());
    assert_eq!((wrong.field, wrong.metadata), (unknown.field, unknown.metadata));
    let long = "x".repeat(257);
    assert_eq!(blame(app.login("ada@example.com", &long, "192.0.2.9", "").await).0, "PASSWORD_TOO_LONG");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_accounts_are_told_so_and_deleted_ones_are_unknown() {
    let app = TestApp::new().await;
    let id = app.register("ada@example.com").await.user.unwrap().id;
    app.execute("UPDATE auth.users SET status = 2 WHERE id = $1", id).await;
    assert_eq!(reason(app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await), "ACCOUNT_SUSPENDED");
    assert_eq!(reason(app.login("ada@example.com", "wrong", "192.0.2.1", "").await), "BAD_CREDENTIALS");
    app.execute("UPDATE auth.users SET status = 3 WHERE id = $1", id).await;
    assert_eq!(reason(app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await), "BAD_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_hashed_again_when_the_costs_have_changed() {
    let app = TestApp::new().await;
    let id = app.register("ada@example.com").await.user.unwrap().id;
    let mut config = app.config.clone();
    config.auth.argon2_passes = 2;
    let dearer = TestApp::start(config, app.clock.clone()).await;
    dearer.ready().await;
    dearer.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap();
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
        .bind(id)
        .fetch_one(&app.state().pool)
        .await
        .unwrap();
    assert!(hash.contains("t=2"), "{hash}");
    dearer.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_an_address_has_three_failures_and_then_three_a_minute() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    for account in ["ada@example.com", "bob@example.com", "eve@example.com"] {
        assert_eq!(reason(app.login(account, "wrong", "198.51.100.7", "").await), "BAD_CREDENTIALS");
    }
    // Even the right password is not looked at.
    let refused = app.login("ada@example.com", PASSWORD, "198.51.100.7", "").await.unwrap_err();
    assert_eq!((refused.code, refused.reason.as_ref()), (curtail_rpc::Code::RateLimited, "TOO_MANY_ATTEMPTS"));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(20)));
    assert!(app.login("ada@example.com", PASSWORD, "198.51.100.8", "").await.is_ok());
    app.advance(time::Duration::seconds(20)).await;
    assert!(app.login("ada@example.com", PASSWORD, "198.51.100.7", "").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_right_passwords_do_not_count() {
    let app = TestApp::new().await;
    app.register("ada@example.com").await;
    for _ in 0..12 {
        app.login("ada@example.com", PASSWORD, "198.51.100.7", "").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_parallel_tries_do_not_slip_through() {
    let app = TestApp::with(|config| config.auth.hash_queue_ms = 10_000).await;
    app.register("ada@example.com").await;
    let tries = (0..30).map(|_| app.login("ada@example.com", "wrong", "198.51.100.7", ""));
    let mut looked_at = 0;
    for outcome in join_all(tries).await {
        looked_at += usize::from(reason(outcome) == "BAD_CREDENTIALS");
    }
    assert_eq!(looked_at, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_a_stranger_slows_strangers_down_but_not_a_known_device() {
    let app = TestApp::new().await;
    let device = app.register("ada@example.com").await.tokens.unwrap().device;
    let other_device = app.register("bob@example.com").await.tokens.unwrap().device;

    // Eleven failures from everywhere, also from the victim's own network: the delay begins.
    for n in 0..11 {
        let ip = format!("198.51.100.{n}");
        assert_eq!(reason(app.login("ada@example.com", "wrong", &ip, "").await), "BAD_CREDENTIALS");
    }
    let refused = app.login("ada@example.com", PASSWORD, "203.0.113.5", "").await.unwrap_err();
    assert_eq!((refused.reason.as_ref(), refused.retry_after), ("TOO_MANY_ATTEMPTS", Some(Duration::from_secs(1))));
    // It doubles.
    app.advance(time::Duration::seconds(1)).await;
    assert_eq!(reason(app.login("ada@example.com", "wrong", "203.0.113.6", "").await), "BAD_CREDENTIALS");
    let refused = app.login("ada@example.com", PASSWORD, "203.0.113.5", "").await.unwrap_err();
    assert_eq!(refused.retry_after, Some(Duration::from_secs(2)));
    // The device of another user is a stranger's.
    let with_other = app.login("ada@example.com", PASSWORD, "203.0.113.5", &other_device).await;
    assert_eq!(reason(with_other), "TOO_MANY_ATTEMPTS");

    // The owner's device gets in, also from an address that has used up its tries, and forgets its own mistakes.
    for _ in 0..3 {
        assert_eq!(reason(app.login("x@example.com", "wrong", "203.0.113.9", "").await), "BAD_CREDENTIALS");
    }
    assert_eq!(reason(app.login("ada@example.com", "typo", "203.0.113.9", &device).await), "BAD_CREDENTIALS");
    let again = app.login("ada@example.com", PASSWORD, "203.0.113.9", &device).await.unwrap().tokens.unwrap();
    assert_eq!(again.device, device);
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_a_stolen_device_cookie_has_ten_failures() {
    let app = TestApp::new().await;
    let device = app.register("ada@example.com").await.tokens.unwrap().device;
    for n in 0..10 {
        let ip = format!("198.51.100.{n}");
        assert_eq!(reason(app.login("ada@example.com", "wrong", &ip, &device).await), "BAD_CREDENTIALS");
    }
    let refused = app.login("ada@example.com", PASSWORD, "198.51.100.99", &device).await;
    assert_eq!(reason(refused), "TOO_MANY_ATTEMPTS");
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_a_flood_of_passwords_is_shed_and_everything_else_answers() {
    // One place, a hash of some 200 ms, a queue of 100 ms.
    let app = TestApp::with(|config| {
        (config.auth.argon2_memory_kib, config.auth.argon2_passes) = (65536, 4);
        (config.auth.hash_concurrency, config.auth.hash_queue_ms) = (1, 100);
    })
    .await;
    let accounts: Vec<_> = (0..24).map(|n| (format!("u{n}@example.com"), format!("198.51.100.{n}"))).collect();
    let flood = join_all(accounts.iter().map(|(email, ip)| app.login(email, "x", ip, "")));
    let others = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let started = Instant::now();
            app.client().get_key_ring(as_service(GetKeyRingRequest {})).await.unwrap();
            slowest = slowest.max(started.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        slowest
    };
    let (outcomes, slowest) = tokio::join!(flood, others);
    let (mut hashed, mut shed) = (0, 0);
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        match error.reason.as_ref() {
            "BAD_CREDENTIALS" => hashed += 1,
            "HASHING_BUSY" => {
                assert_eq!(
                    (error.code, error.retry_after),
                    (curtail_rpc::Code::Unavailable, Some(Duration::from_secs(1)))
                );
                shed += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(hashed >= 1 && shed >= 12, "{hashed} hashed, {shed} shed");
    assert!(slowest < curtail_testkit::PROMPT, "{slowest:?}");
    // Who was shed has not lost a try.
    curtail_testkit::until(
        async || app.login("u23@example.com", "x", "198.51.100.23", "").await.unwrap_err().reason != "HASHING_BUSY",
        Duration::from_secs(10),
        "a place is free again",
    )
    .await;
    assert_eq!(reason(app.login("u23@example.com", "x", "198.51.100.23", "").await), "BAD_CREDENTIALS");
}
