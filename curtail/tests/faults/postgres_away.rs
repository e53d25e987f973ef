use std::time::{Duration, Instant};

use curtail_testkit::{PrivatePostgres, free_port, until};

use crate::account::Account;
use crate::platform::Platform;
use crate::visitor::Visitor;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(30);

/// The gateway's deadline for a request (`gateway.request_timeout_ms`), and a little for a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(12);

const CLICKS: i64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_warm_redirects_go_on_and_the_rest_says_so_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut postgres = PrivatePostgres::start(dir.path(), free_port()).await.unwrap();
    postgres.create_database("curtail").await.unwrap();
    let platform = Platform::start(&postgres.url("curtail")).await;
    let account = Account::register(&platform.gateway).await;
    let links = account.create_links(2).await;
    let mut visitor = Visitor::connect(platform.redirector).await.unwrap();
    let warm = format!("/{}", links[0].code);
    assert_eq!(visitor.get(&warm).await.unwrap().status, 302);

    postgres.stop_immediate();
    for _ in 1..CLICKS {
        assert_eq!(visitor.get(&warm).await.unwrap().status, 302);
    }
    let start = Instant::now();
    let cold = visitor.get(&format!("/{}", links[1].code)).await.unwrap();
    assert!(start.elapsed() < curtail_testkit::PROMPT, "a cold code took {:?}", start.elapsed());
    assert!(cold.status == 302 || cold.status == 503 && cold.retry_after.is_some(), "{cold:?}");
    let start = Instant::now();
    let (none, refusal) = account.create_link().await;
    assert!(start.elapsed() < DEADLINE, "the refusal took {:?}", start.elapsed());
    assert!(none.is_none());
    let fault = refusal.fault().unwrap_or_else(|| panic!("a fault: {refusal:?}"));
    assert!(["UNAVAILABLE", "DEADLINE_EXCEEDED"].contains(&fault), "{refusal:?}");
    for service in ["auth", "shortener", "analytics"] {
        until(async || !platform.is("ready", service).await, SOON, &format!("{service} is not ready")).await;
        assert!(platform.is("live", service).await, "{service} lives on");
    }

    postgres.restart().await.unwrap();
    let mended = async || account.create_link().await.0.is_some();
    until(mended, SOON, "links are made again").await;
    let counted = async || account.clicks(&links[0]).await == Some(CLICKS);
    until(counted, SOON, "every click of the outage is counted").await;
}
