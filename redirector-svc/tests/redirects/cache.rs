//! Freshness: changes arrive, nothing goes back in time, and an unavailable service does not stop warm codes (R2, R3).

use std::time::{Duration, Instant};

use curtail_proto::links::v1::{LinkState, Target};
use curtail_testkit::until;

use crate::support::{Owner, PATIENCE, Site, link};

fn version(version: i64) -> Target {
    Target { version, ..link("a", &format!("https://v{version}.example/")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_arrives_by_its_event_within_a_second() {
    let site = Site::start().await;
    site.owner.put(version(1));
    assert_eq!(site.get("/a").await.location(), "https://v1.example/");
    let mut number = 1;
    let change = async || {
        number += 1;
        let changed = Instant::now();
        site.publish(&version(number)).await;
        site.until_location("/a", &format!("https://v{number}.example/")).await;
        changed.elapsed()
    };
    curtail_testkit::within_a_second(change, "a change is seen").await;
    site.publish(&Target { state: LinkState::Deleted.into(), ..version(number + 1) }).await;
    site.until_status("/a", 410).await;
    assert_eq!(site.owner.resolved(), 1, "nobody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_did_not_exist_works_as_soon_as_it_is_created() {
    let site = Site::with(|config| config.redirector.negative_ttl_seconds = 3600).await;
    assert_eq!(site.get("/a").await.status, 404);
    assert_eq!(site.get("/a").await.status, 404);
    assert_eq!(site.owner.resolved(), 1, "the knowledge that there is nothing is kept");
    site.publish(&version(1)).await;
    site.until_status("/a", 302).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_event_and_an_older_refill_change_nothing() {
    let site = Site::start().await;
    site.publish(&version(5)).await;
    site.until_location("/a", "https://v5.example/").await;
    site.announce(&version(4)).await;
    site.announce(&link("marker", "https://marker.example/")).await;
    site.until_status("/marker", 302).await;
    assert_eq!(site.get("/a").await.location(), "https://v5.example/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refill_that_was_overtaken_by_an_event_is_refused() {
    let site = Site::start().await;
    site.owner.put(version(1));
    site.owner.delay(Duration::from_millis(500));
    // Asked while version 1 is the newest, answered after version 2 was announced.
    let (addr, before) = (site.addr, site.owner.resolved());
    let visitor = tokio::spawn(async move { crate::support::get(addr, "/a", &[]).await });
    until(async || site.owner.resolved() > before, PATIENCE, "the owner is asked").await;
    site.publish(&Target { state: LinkState::Deleted.into(), ..version(2) }).await;
    assert_eq!(visitor.await.unwrap().status, 410);
    assert_eq!(site.get("/a").await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_visitors_of_a_cold_code_ask_once() {
    let site = Site::start().await;
    site.owner.put(version(1));
    site.owner.delay(Duration::from_millis(300));
    let visits = (0..50).map(|_| crate::support::get(site.addr, "/a", &[]));
    for answer in futures_util::future::join_all(visits).await {
        assert_eq!(answer.status, 302);
    }
    assert_eq!(site.owner.resolved(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_answers_for_another_redirector_and_refuses_older_versions() {
    use fred::interfaces::HashesInterface as _;
    let site = Site::start().await;
    site.publish(&version(3)).await;
    let stored = || site.redis.hget::<Option<i64>, _, _>("link:localhost:a", "v");
    until(async || stored().await.unwrap() == Some(3), PATIENCE, "the link is in Redis").await;
    site.announce(&version(2)).await;
    site.announce(&link("marker", "https://marker.example/")).await;
    let marker = || site.redis.hget::<Option<i64>, _, _>("link:localhost:marker", "v");
    until(async || marker().await.unwrap() == Some(1), PATIENCE, "the marker is in Redis").await;
    assert_eq!(stored().await.unwrap(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_owner_warm_codes_go_on_and_cold_ones_say_503_soon() {
    let site = Site::with(|config| config.redirector.fill_timeout_ms = 180).await;
    site.publish(&version(1)).await;
    site.until_status("/a", 302).await;
    site.owner.set_broken(true);
    assert_eq!(site.get("/a").await.status, 302);
    for code in 0..30 {
        let asked = Instant::now();
        let answer = site.get(&format!("/cold{code}")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
        assert!(asked.elapsed() < curtail_testkit::PROMPT, "{:?}", asked.elapsed());
    }
    site.owner.set_broken(false);
    until(async || site.get("/cold").await.status == 404, PATIENCE, "the circuit closes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_in_redis_answers_when_the_owner_does_not() {
    let site = Site::start().await;
    site.publish(&version(1)).await;
    let stored = async || {
        use fred::interfaces::KeysInterface as _;
        site.redis.exists::<i64, _>("link:localhost:a").await.unwrap() == 1
    };
    until(stored, PATIENCE, "the link is in Redis").await;
    // A second redirector with an empty cache, while shortener-svc is unavailable.
    site.owner.stop();
    let mut config = site.config.clone();
    let spool = tempfile::tempdir().unwrap();
    config.redirector.spool_dir = spool.path().to_string_lossy().into_owned();
    let shutdown = curtail_lifecycle::Shutdown::new();
    let second = redirector_svc::start(config, curtail_service::Deps::system(), shutdown.clone()).await.unwrap();
    until(
        async || crate::support::get(second.addr, "/a", &[]).await.location() == "https://v1.example/",
        PATIENCE,
        "Redis answers",
    )
    .await;
    shutdown.begin();
    second.join().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_events_are_not_heard_a_hit_asks_the_owner_once_a_second() {
    let mut site = Site::alone(|_| {}).await;
    site.owner.put(version(1));
    assert_eq!(site.get("/a").await.status, 302);
    site.server.as_mut().unwrap().kill9();
    site.until_followed(false).await;
    site.owner.put(version(2));
    site.until_location("/a", "https://v2.example/").await;
    let before = site.owner.resolved();
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(site.get("/a").await.status, 302);
    }
    let seconds = start.elapsed().as_secs() as usize + 1;
    assert!(site.owner.resolved() - before <= seconds, "{} questions", site.owner.resolved() - before);
    // Not even the owner: what is known serves.
    site.owner.stop();
    for _ in 0..20 {
        assert_eq!(site.get("/a").await.location(), "https://v2.example/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_during_a_restart_of_redis_is_seen_after_it() {
    let mut site = Site::alone(|_| {}).await;
    site.publish(&version(1)).await;
    site.until_status("/a", 302).await;
    site.server.as_mut().unwrap().kill9();
    site.until_followed(false).await;
    // The event is lost with Redis: it is never published.
    site.owner.put(Target { state: LinkState::Deleted.into(), ..version(2) });
    site.server.as_mut().unwrap().restart().await.unwrap();
    site.until_followed(true).await;
    site.until_status("/a", 410).await;
    site.publish(&version(3)).await;
    site.until_location("/a", "https://v3.example/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_comes_back_is_asked_again() {
    let site = Site::start().await;
    site.owner.stop();
    until(async || site.get("/a").await.status == 503, PATIENCE, "nobody answers").await;
    let owner = Owner::start(site.owner.addr, curtail_clock::Clock::system()).await;
    owner.put(version(1));
    site.until_status("/a", 302).await;
    owner.stop();
}
