//! What works while PostgreSQL or Redis is unavailable.

use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_config::Secret;
use curtail_proto::auth::v1::{GetKeyRingRequest, exchange_request::Credential};
use curtail_rpc::Code;

use crate::test_app::{PASSWORD, TestApp, answer, as_service, reason};

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_accounts_work_and_limits_hold() {
    let app = TestApp::with_or_without_redis(|config| {
        config.redis.url = Secret::new(format!("redis://127.0.0.1:{}", curtail_testkit::free_port()));
    })
    .await;
    let pair = app.register("ada@example.com").await.tokens.unwrap();
    assert!(app.is_signed_in(&pair).await);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(reason(app.login("ada@example.com", "wrong", "198.51.100.7", "").await));
    }
    assert_eq!(outcomes, ["BAD_CREDENTIALS", "BAD_CREDENTIALS", "BAD_CREDENTIALS", "TOO_MANY_ATTEMPTS"]);
    assert!(app.login("ada@example.com", PASSWORD, "198.51.100.8", &pair.device).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_it_starts_not_ready_and_says_unavailable_in_time() {
    let mut config = curtail_testkit::config().await;
    config.database.url = Secret::new(format!("postgres://curtail@127.0.0.1:{}/curtail", curtail_testkit::free_port()));
    config.database.acquire_timeout_ms = 500;
    let app = TestApp::start(config, Clock::system()).await;
    let started = Instant::now();
    for refused in [
        app.try_register("ada@example.com", PASSWORD, "Ada").await.map(drop),
        app.login("ada@example.com", PASSWORD, "192.0.2.1", "").await.map(drop),
        app.refresh(&format!("crt_{}", "A".repeat(59))).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.code, Code::Unavailable, "{error}");
        assert!(error.retry_after.is_some());
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(!app.service.readiness.is_ready());
    // A service that does not know never answers that there are no keys, or that a token is wrong.
    let ring = answer(app.client().get_key_ring(as_service(GetKeyRingRequest {})).await).map(drop);
    let exchanged = app.exchange(Credential::AccessToken("x".into())).await.map(drop);
    for refused in [ring, exchanged] {
        assert_eq!(refused.unwrap_err().code, Code::Unavailable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_migrations_ends_the_start() {
    let config = curtail_testkit::config().await;
    let shutdown = curtail_lifecycle::Shutdown::new();
    let service = auth_svc::start(config, curtail_service::Deps::system(), shutdown).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), service.join()).await.unwrap();
    assert!(format!("{:#}", ended.unwrap_err()).contains("curtail migrate"));
}
