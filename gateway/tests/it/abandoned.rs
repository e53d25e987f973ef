//! What becomes of the work for a request whose time is used up.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;

use crate::another::Another;
use crate::platform::Platform;
use crate::socket::access;

const SOON: Duration = Duration::from_secs(10);

const CREATE: &str = "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } } }";

/// Statements of shortener-svc that wait for a lock.
async fn waiting(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'shortener' AND wait_event_type = 'Lock'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_reaches_postgres() {
    let platform = Platform::start(|config| {
        // Neither of them can be what ends the statements.
        (config.database.statement_timeout_ms, config.rpc.write_timeout_ms) = (600_000, 60_000);
        config.database.max_connections = 4;
    })
    .await;
    let cookies = platform.register("ann").await;
    let token = access(&cookies);
    let made = platform.as_page(&cookies, CREATE, json!({"input": {"url": "https://example.org/1"}})).await;
    let id = made.body["data"]["createLink"]["link"]["id"].as_str().unwrap().to_owned();
    let hasty = Another::start(&platform, |config| config.gateway.request_timeout_ms = 700).await;
    let pool = PgPool::connect(platform.config.database.url.expose()).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM shortener.links WHERE id = $1 FOR UPDATE")
        .bind(id.parse::<i64>().unwrap())
        .execute(&mut *holder)
        .await
        .unwrap();

    let update = format!(
        "mutation {{ updateLink(input: {{id: \"{id}\", title: \"new\"}}) {{ link {{ title }} userErrors {{ code }} }} }}"
    );
    // As many as the service has connections: it must not be without any afterwards.
    let asked = (0..4).map(|_| hasty.ask_as(&platform, token, &update));
    let (answers, ()) = tokio::join!(
        futures_util::future::join_all(asked),
        curtail_testkit::until(async || waiting(&pool).await > 0, SOON, "the change waits for the lock")
    );
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.code()), (504, "DEADLINE_EXCEEDED"), "{answer:?}");
    }
    curtail_testkit::until(
        async || waiting(&pool).await == 0,
        curtail_testkit::PROMPT,
        "nothing waits for the lock any more",
    )
    .await;
    let read = hasty.ask_as(&platform, token, &format!("{{ link(id: \"{id}\") {{ title }} }}")).await;
    assert_eq!((read.status.as_u16(), &read.body["data"]["link"]["title"]), (200, &json!("")), "{read:?}");

    holder.rollback().await.unwrap();
    let done = async || {
        let answer = hasty.ask_as(&platform, token, &update).await;
        answer.body["data"]["updateLink"]["link"]["title"] == "new"
    };
    curtail_testkit::until(done, SOON, "the change can be made").await;
}
