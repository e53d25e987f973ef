//! F16: what a gateway brings to an end when more comes than it has places for. Sixteen places, and links-svc behind a wire of
//! 20 ms there and back, so that places are what is short and not the processors, which the load needs too. From one to five
//! times the capacity, open loop, in one run.
#![allow(clippy::print_stdout)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::load::{closed_loop, open_loop};
use bench::own_gateway::{OwnGateway, is_ready};
use bench::platform::Gateway;
use curtail_testkit::{Fault, Proxy};
use serde_json::json;

const PLACES: usize = 16;
const WIRE: Duration = Duration::from_millis(10);
const ROUND: Duration = Duration::from_secs(10);
const WORKERS: usize = 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load().context("needs the configuration of the running platform")?;
    let links = config.rpc.links_url.strip_prefix("http://").context("links_url")?.parse::<SocketAddr>()?;
    let wire = Proxy::start(links).await?;
    let own = OwnGateway::start(&[
        ("CURTAIL_RPC__LINKS_URL", format!("http://{}", wire.address())),
        ("CURTAIL_GATEWAY__MAX_IN_FLIGHT", PLACES.to_string()),
    ])
    .await?;
    let gateway = Gateway::sign_up().await?.at(&own.url);
    let id = gateway.create_link("https://example.org/overload").await?;
    wire.set(Fault::Delay(WIRE));
    let body = json!({ "query": "query($id: ID!) { link(id: $id) { url } }", "variables": { "id": id.to_string() } });
    let request = {
        let (gateway, body) = (gateway.clone(), body.clone());
        move || {
            let (gateway, body) = (gateway.clone(), body.clone());
            async move { gateway.send(&body).await.map(drop) }
        }
    };

    let (capacity, _) = closed_loop(ROUND, PLACES, request.clone()).await;
    println!("{PLACES} places, capacity {capacity:.0}/s");
    println!("offered    goodput/s   of the peak   accepted p50   p99 (ms)   refused   health: slowest (ms)");
    let mut rounds = Vec::new();
    for times in 1..=5 {
        let rate = (capacity as u32) * times;
        let health = watch_health(own.admin);
        let outcome = open_loop(rate, ROUND, WORKERS, request.clone()).await;
        rounds.push((times, outcome.answered() as f64 / ROUND.as_secs_f64(), outcome, health.end().await));
    }
    let over = Instant::now();
    while gateway.send(&body).await.is_err() || !is_ready(own.admin).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let normal = over.elapsed();
    let peak = rounds.iter().map(|round| round.1).fold(0.0, f64::max);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    for (times, goodput, outcome, health) in &rounds {
        let (p50, p99) = (ms(outcome.percentile(0.5)), ms(outcome.percentile(0.99)));
        let (share, errors) = (goodput / peak, outcome.errors);
        println!(
            "{times:>6}x   {goodput:>9.0}   {share:>11.2}   {p50:>12.1}   {p99:>8.1}   {errors:>7}   {:>8.1}",
            ms(*health)
        );
    }
    println!("accepting and ready again after {:.2} s", normal.as_secs_f64());
    Ok(())
}

/// Asks the health endpoint all the time; a question that is not answered well counts as a minute.
struct Health {
    over: Arc<AtomicBool>,
    slowest: Arc<AtomicU64>,
    asking: tokio::task::JoinHandle<()>,
}

fn watch_health(admin: SocketAddr) -> Health {
    let (over, slowest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (end, most) = (over.clone(), slowest.clone());
    let asking = tokio::spawn(async move {
        while !end.load(Ordering::Relaxed) {
            let start = Instant::now();
            let answer = reqwest::get(format!("http://{admin}/health/live")).await;
            let well = answer.is_ok_and(|answer| answer.status().is_success());
            let took = if well { start.elapsed() } else { Duration::from_secs(60) };
            most.fetch_max(took.as_micros() as u64, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    Health { over, slowest, asking }
}

impl Health {
    /// The slowest answer.
    async fn end(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.asking.await;
        Duration::from_micros(self.slowest.load(Ordering::Relaxed))
    }
}
