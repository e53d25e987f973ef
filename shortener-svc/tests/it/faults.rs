//! PostgreSQL goes away and comes back.

use std::time::{Duration, Instant};

use curtail_proto::links::v1::*;

use crate::app::*;

#[tokio::test]
async fn without_postgresql_calls_say_so_in_time_and_recover() {
    let dir = tempfile::tempdir().unwrap();
    let mut postgres =
        curtail_testkit::PrivatePostgres::start(dir.path().join("pg"), curtail_testkit::free_port()).await.unwrap();
    postgres.create_database("links").await.unwrap();
    let settings = postgres.config("links");
    let app = TestApp::configured(|config| {
        // The test server is set to lose what was committed last; here nothing that was acknowledged may be missing.
        let url = format!("{}?options[synchronous_commit]=on", settings.url.expose());
        config.database = settings;
        config.database.url = curtail_config::Secret::new(url);
        config.database.acquire_timeout_ms = 1_000;
        // One failing call must not open the circuit of the test's client.
        config.rpc.breaker_min_calls = 1_000;
    })
    .await;
    let editor = app.editor();
    let link = editor.create(aliased("kept")).await.unwrap();
    postgres.stop_immediate();
    for _ in 0..3 {
        let start = Instant::now();
        let error = editor.get(link.id).await.unwrap_err();
        assert_eq!(error.code, curtail_rpc::Code::Unavailable, "{error:?}");
        assert!(error.retry_after.is_some());
        assert_eq!(editor.create(to("https://a.example")).await.unwrap_err().code, curtail_rpc::Code::Unavailable);
        assert!(start.elapsed() < Duration::from_secs(7));
    }
    postgres.restart().await.unwrap();
    curtail_testkit::until(async || editor.get(link.id).await.is_ok(), Duration::from_secs(10), "the database is back")
        .await;
    curtail_testkit::until(
        async || editor.create(NewLink { alias: String::new(), ..to("https://a.example") }).await.is_ok(),
        Duration::from_secs(10),
        "ids are minted again",
    )
    .await;
    app.stop().await;
}
