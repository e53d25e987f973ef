//! Clicks: what they hold, and that each arrives exactly once (R4, R8).

use curtail_proto::links::v1::Target;
use curtail_testkit::until;

use crate::support::{Consumer, PATIENCE, Site, exchange, get, link};

/// Visits `/a` `count` times.
async fn click(site: &Site, count: usize) {
    for n in 0..count {
        assert_eq!(site.get(&format!("/a?n={n}")).await.status, 302);
    }
}

async fn site_with_a_link(change: impl FnOnce(&mut curtail_config::Config)) -> Site {
    let site = Site::alone(change).await;
    site.owner.put(link("a", "https://dest.example/?utm_source=dest"));
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_arrives_with_its_fields_and_without_the_address() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/?utm_source=dest"));
    let headers =
        ["User-Agent: Mozilla/5.0 (X11)", "Referer: https://News.example/private?x", "Accept-Language: de-AT,en"];
    get(site.addr, "/a?qr=1&utm_campaign=c", &headers).await;
    get(site.addr, "/a", &headers).await;
    let mut consumer = Consumer::new(site.redis.clone());
    consumer.until(2).await;
    let mut clicks = consumer.clicks;
    clicks.sort_by_key(|click| !click.qr);
    let [scan, plain] = &clicks[..] else { panic!("two clicks") };
    assert_eq!((scan.link_id, scan.workspace_id), (link("a", "").link_id, 7));
    assert_eq!((scan.utm.as_str(), plain.utm.as_str()), ("utm_campaign=c", "utm_source=dest"));
    assert_eq!((scan.referrer.as_str(), scan.language.as_str()), ("news.example", "de-AT"));
    assert_eq!(scan.user_agent, "Mozilla/5.0 (X11)");
    assert_eq!((&scan.network[..], scan.visitor), (&[127, 0, 0][..], plain.visitor));
    assert!(!plain.qr && (plain.at_ms - curtail_clock::Clock::system().unix_ms()).abs() < 60_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_click_is_not_recorded() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    site.owner.put(Target {
        expires_at_ms: 1,
        fallback_url: "https://over.example/".to_owned(),
        ..link("over", "https://x.example/")
    });
    for header in [
        "Purpose: prefetch",
        "Sec-Purpose: prefetch;prerender",
        "X-Moz: prefetch",
        "User-Agent: Slackbot-LinkExpanding 1.0",
    ] {
        assert_eq!(get(site.addr, "/a", &[header]).await.status, 302, "{header}");
    }
    exchange(site.addr, b"HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert_eq!(site.get("/over").await.status, 302);
    assert_eq!(site.get("/unknown").await.status, 404);
    site.get("/a").await;
    Consumer::new(site.redis.clone()).until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_go_on_without_redis_and_the_clicks_come_later() {
    let mut site = site_with_a_link(|_| {}).await;
    click(&site, 10).await;
    site.server.as_mut().unwrap().kill9();
    site.until_followed(false).await;
    click(&site, 30).await;
    site.server.as_mut().unwrap().restart().await.unwrap();
    let mut consumer = Consumer::of_a_forgetful(site.redis.clone());
    consumer.until(40).await;
    click(&site, 5).await;
    consumer.until(45).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_that_redis_lost_are_sent_again() {
    let mut site = site_with_a_link(|_| {}).await;
    let mut consumer = Consumer::of_a_forgetful(site.redis.clone());
    click(&site, 10).await;
    consumer.until(10).await;
    for round in 1..=2 {
        click(&site, 10).await;
        until(async || streams_hold_something(&site).await, PATIENCE, "the clicks are in a stream").await;
        if round == 1 {
            site.server.as_mut().unwrap().restart_empty().await.unwrap();
        } else {
            site.server.as_mut().unwrap().restart().await.unwrap();
        }
        consumer.until(10 + 10 * round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_that_vanish_from_a_running_redis_are_sent_again() {
    let site = site_with_a_link(|_| {}).await;
    click(&site, 10).await;
    until(async || streams_hold_something(&site).await, PATIENCE, "the clicks are in a stream").await;
    let mut consumer = Consumer::of_a_forgetful(site.redis.clone());
    consumer.lose_streams().await;
    consumer.until(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consumer_can_ask_for_everything_again() {
    let site = site_with_a_link(|config| config.redirector.threads = 1).await;
    click(&site, 10).await;
    let mut consumer = Consumer::new(site.redis.clone());
    until(async || consumer.read().await && consumer.clicks.len() == 10, PATIENCE, "all are read, none counted").await;
    consumer.ask_again(4).await;
    consumer.until(7).await;
    until(async || consumer.open_replays().await == 0, PATIENCE, "the request is taken as served").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_holds_clicks_back_and_not_visitors() {
    let site = site_with_a_link(|_| {}).await;
    click(&site, 1).await;
    let mut consumer = Consumer::new(site.redis.clone());
    consumer.until(1).await;
    set_maxmemory(&site, "1").await;
    click(&site, 50).await;
    assert!(!streams_hold_something(&site).await);
    set_maxmemory(&site, "0").await;
    consumer.until(51).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_drops_clicks_under_their_reason_and_recovers() {
    let mut site = site_with_a_link(|config| {
        config.redirector.threads = 1;
        config.redirector.spool_max_bytes = 2000;
    })
    .await;
    click(&site, 1).await;
    let mut consumer = Consumer::of_a_forgetful(site.redis.clone());
    consumer.until(1).await;
    site.server.as_mut().unwrap().kill9();
    let before = dropped("spool_full");
    click(&site, 100).await;
    let dropped = dropped("spool_full") - before;
    assert!(dropped > 0 && dropped < 100, "{dropped}");
    site.server.as_mut().unwrap().restart().await.unwrap();
    consumer.until(101 - dropped).await;
    until(
        async || {
            let before = consumer.clicks.len();
            site.get("/a").await;
            consumer.read().await && consumer.tell().await && consumer.clicks.len() > before
        },
        PATIENCE,
        "clicks are recorded again",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_sends_what_is_left_and_leaves_no_directory_behind() {
    let mut site = site_with_a_link(|config| config.redirector.ship_linger_ms = 60_000).await;
    click(&site, 20).await;
    let mut consumer = Consumer::new(site.redis.clone());
    let (redis, counting) = (site.redis.clone(), tokio_util::sync::CancellationToken::new());
    let stop = counting.clone();
    let counter = tokio::spawn(async move {
        while !stop.is_cancelled() && consumer.clicks.len() < 20 {
            consumer.read().await;
            consumer.tell().await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        consumer.clicks.len()
    });
    site.stop().await;
    drop(redis);
    assert_eq!(counter.await.unwrap(), 20);
    assert_eq!(std::fs::read_dir(&site.config.redirector.spool_dir).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_hits_fills_and_the_depth_of_the_spool() {
    let site = Site::start().await;
    site.owner.put(link("a", "https://dest.example/"));
    site.get("/a").await;
    site.get("/a").await;
    let metrics = async || get(site.admin, "/metrics", &[]).await.body;
    until(async || metrics().await.contains("redirector_spool_clicks"), PATIENCE, "the shipper has shown itself").await;
    let text = metrics().await;
    for name in [
        "redirector_cache_lookups_total{layer=\"process\",outcome=\"hit\"}",
        "redirector_cache_lookups_total{layer=\"owner\",outcome=\"hit\"}",
        "redirector_cache_evictions_total",
        "redirector_fill_seconds_bucket",
        "redirector_responses_total{status=\"302\"}",
        "redirector_clicks_served_total",
        "redirector_clicks_shipped_total",
        "redirector_clicks_dropped_total{reason=\"disk_full\"}",
        "redirector_spool_bytes",
    ] {
        assert!(text.contains(name), "{name} in {text}");
    }
}

async fn set_maxmemory(site: &Site, bytes: &str) {
    use fred::interfaces::ClientLike as _;
    let command = fred::types::CustomCommand::new_static("CONFIG", None::<u16>, false);
    let _: fred::types::Value = site.redis.custom(command, vec!["SET", "maxmemory", bytes]).await.unwrap();
}

async fn streams_hold_something(site: &Site) -> bool {
    use fred::interfaces::StreamsInterface as _;
    let mut length = 0;
    for shard in 0..4 {
        length += site.redis.xlen::<u64, _>(format!("clicks:{shard}")).await.unwrap_or(0);
    }
    length > 0
}

/// Clicks that this process dropped so far.
fn dropped(reason: &str) -> usize {
    let name = format!("redirector_clicks_dropped_total{{reason=\"{reason}\"}} ");
    let text = curtail_telemetry::render_metrics();
    text.lines().find_map(|line| line.strip_prefix(&name)).and_then(|count| count.parse().ok()).unwrap_or(0)
}
