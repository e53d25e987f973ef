use std::time::{Duration, Instant};

use curtail_testkit::{free_port, until};

use crate::account::Account;
use crate::platform::Platform;
use crate::visitor::Visitor;

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(30);

/// The longest that half of the warm redirects may take: a machine that is busy with other things holds some of them up.
const QUICK: Duration = Duration::from_millis(500);

const CLICKS: i64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_warm_redirects_and_changes_go_on_and_nothing_is_lost() {
    let database = curtail_testkit::database().await;
    let mut platform = Platform::start(database.url.expose()).await;
    let account = Account::register(&platform.gateway).await;
    let links = account.create_links(2).await;
    let mut visitor = Visitor::connect(platform.redirector).await.unwrap();
    let warm = format!("/{}", links[0].code);
    assert_eq!(visitor.get(&warm).await.unwrap().status, 302);

    platform.redis.kill9();
    let mut took = Vec::new();
    for _ in 1..CLICKS {
        let start = Instant::now();
        let answer = visitor.get(&warm).await.unwrap();
        assert_eq!((answer.status, answer.location.as_deref()), (302, Some("https://example.org/0")));
        took.push(start.elapsed());
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] < QUICK, "warm redirects took {took:?}");
    let spooled =
        async || platform.metric("redirector", "redirector_spool_clicks", "").await >= Some((CLICKS - 1) as f64);
    until(spooled, SOON, "clicks wait in the spool").await;

    // A code that this process has not seen: from its owner, or "come back".
    let start = Instant::now();
    let cold = visitor.get(&format!("/{}", links[1].code)).await.unwrap();
    assert!(start.elapsed() < curtail_testkit::PROMPT, "a cold code took {:?}", start.elapsed());
    assert!(cold.status == 302 || cold.status == 503 && cold.retry_after.is_some(), "{cold:?}");
    let (created, reply) = account.create_link().await;
    let created = created.unwrap_or_else(|| panic!("a link is made without Redis: {reply:?}"));

    // Where limits must hold at any price, they refuse.
    let port = free_port();
    let strict = [
        ("CURTAIL_GATEWAY__LISTEN", format!("127.0.0.1:{port}")),
        ("CURTAIL_GATEWAY__ADMIN_LISTEN", format!("127.0.0.1:{}", free_port())),
        ("CURTAIL_GATEWAY__LIMITER_WITHOUT_REDIS", "closed".to_owned()),
    ];
    let _strict = platform.run("strict-gateway", &["service", "gateway"], &strict);
    let listens = async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok();
    until(listens, SOON, "the strict gateway listens").await;
    let (none, refusal) = account.at(&format!("http://127.0.0.1:{port}")).create_link().await;
    assert!(none.is_none());
    assert_eq!((refusal.status, refusal.fault()), (503, Some("UNAVAILABLE")), "{refusal:?}");
    assert!(refusal.retry_after.is_some(), "{refusal:?}");

    platform.redis.restart().await.unwrap();
    let counted = async || account.clicks(&links[0]).await == Some(CLICKS);
    until(counted, SOON, "every click of the outage is counted").await;
    assert_eq!(visitor.get(&format!("/{}", created.code)).await.unwrap().status, 302);
    account.delete_link(&links[0]).await;
    let gone = async || visitor.get(&warm).await.is_ok_and(|answer| answer.status == 410);
    until(gone, SOON, "changes arrive again").await;
}
