//! F16: more than there are places for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use curtail_testkit::{Fault, until};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::another::{Another, wire};
use crate::platform::{Answer, Platform};
use crate::socket::access;

const SOON: Duration = Duration::from_secs(10);

const LINKS: &str = "{ links(first: 1) { edges { cursor } } }";

#[tokio::test(flavor = "multi_thread")]
async fn f16_overload_is_refused_at_once_and_said_by_readiness_and_passes() {
    let platform = Platform::start(|_| {}).await;
    let cookies = platform.register("ann").await;
    let token = access(&cookies).to_owned();
    let (links, url) = wire(&platform.config.rpc.links_url).await;
    let gateway = Another::start(&platform, |config| {
        (config.rpc.links_url, config.rpc.read_timeout_ms) = (url, 9_000);
        (config.gateway.max_in_flight, config.gateway.queue_ms) = (4, 20);
        (config.gateway.shed_not_ready_count, config.gateway.shed_not_ready_ms) = (10, 1_000);
    })
    .await;
    assert_eq!(gateway.ask_as(&platform, &token, LINKS).await.status, 200);
    // What was counted before the first look is not shown.
    let shed = async || gateway.metric("gateway_requests_shed_total", &[]).await;
    let before = shed().await;

    links.set(Fault::Blackhole);
    let mut held = JoinSet::new();
    for _ in 0..4 {
        held.spawn(Answer::of(platform.post_at(&gateway.url, LINKS, Value::Null).bearer_auth(&token)));
    }
    let ask = async || Answer::of(platform.post_at(&gateway.url, "{version}", Value::Null)).await;
    until(async || ask().await.code() == "OVERLOADED", SOON, "every place is taken").await;
    for _ in 0..12 {
        let start = Instant::now();
        let refused = ask().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (503, "OVERLOADED"));
        assert_eq!(refused.headers["retry-after"], "1");
        assert!(start.elapsed() < curtail_testkit::PROMPT, "refused after {:?}", start.elapsed());
    }
    let (ready, waits_for) = gateway.admin("/health/ready").await;
    assert_eq!((ready, waits_for.contains("load")), (503, true), "{waits_for}");
    assert_eq!(gateway.admin("/health/live").await.0, 200);
    assert!(shed().await >= before + 12.0);

    links.set(Fault::None);
    let healed = Instant::now();
    for answer in held.join_all().await {
        assert_eq!(answer.status, 200, "what had a place is answered: {answer:?}");
    }
    assert_eq!(ask().await.status, 200);
    until(async || gateway.admin("/health/ready").await.0 == 200, SOON, "it is ready again").await;
    assert!(healed.elapsed() < curtail_testkit::PROMPT, "{:?}", healed.elapsed());
}

/// Sends `rate` requests a second for four seconds, whatever becomes of them; how many were answered with data.
async fn goodput(platform: &Platform, gateway: &Another, token: &str, rate: u32) -> usize {
    let good = Arc::new(AtomicUsize::new(0));
    let mut sent = JoinSet::new();
    let start = Instant::now();
    for number in 0..rate * 4 {
        tokio::time::sleep_until((start + Duration::from_secs(1) / rate * number).into()).await;
        let request = platform.post_at(&gateway.url, LINKS, Value::Null).bearer_auth(token);
        let good = good.clone();
        sent.spawn(async move {
            let answer = Answer::of(request).await;
            match answer.status.as_u16() {
                200 => drop(good.fetch_add(1, Ordering::Relaxed)),
                _ => assert_eq!(answer.code(), "OVERLOADED", "{answer:?}"),
            }
        });
    }
    sent.join_all().await;
    good.load(Ordering::Relaxed)
}

/// One place and a fifth of a second for each request make a capacity of five a second, which no machine is too slow for. How
/// close it comes to nine tenths is for `bench/src/bin/overload.rs` to say.
#[tokio::test(flavor = "multi_thread")]
async fn f16_five_times_the_load_brings_as_many_answers() {
    let platform = Platform::start(|config| config.plans.free.requests_per_minute = 100_000).await;
    let cookies = platform.register("ann").await;
    let (links, url) = wire(&platform.config.rpc.links_url).await;
    let gateway = Another::start(&platform, |config| {
        config.rpc.links_url = url;
        (config.gateway.max_in_flight, config.gateway.queue_ms) = (1, 150);
    })
    .await;
    let token = access(&cookies);
    assert_eq!(gateway.ask_as(&platform, token, LINKS).await.status, 200);
    links.set(Fault::Delay(Duration::from_millis(100)));
    let (capacity, beyond) =
        (goodput(&platform, &gateway, token, 5).await, goodput(&platform, &gateway, token, 25).await);
    assert!(beyond * 10 >= capacity * 8, "{beyond} answers at five times the load, {capacity} at the capacity");
}
