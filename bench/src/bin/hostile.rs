//! S16: what hostile documents at 100 a second do to the honest requests beside them: `link(id)` at a fixed rate with and
//! without them, alternating; and whether the gateway, one of the measurement's own, takes more memory the longer it goes on.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bench::load::{Outcome, median, open_loop};
use bench::own_gateway::{OwnGateway, metric};
use bench::platform::Gateway;
use serde_json::{Value, json};

/// The shapes whose refusal `gateway/tests/it/s16_bombs.rs` times one by one.
#[path = "../../../gateway/tests/it/bombs.rs"]
mod bombs;

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(5);
const HONEST: u32 = 300;
const HOSTILE: u32 = 100;
const WORKERS: usize = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let own = OwnGateway::start(&[]).await?;
    let gateway = Gateway::sign_up().await?.at(&own.url);
    let id = gateway.create_link("https://example.org/honest").await?;
    let honest = json!({ "query": "query($id: ID!) { link(id: $id) { url } }", "variables": { "id": id.to_string() } });
    let bombs: Vec<Value> = bombs::all().into_iter().map(|(_, query)| json!({ "query": query })).collect();
    println!("{} hostile shapes, {HOSTILE}/s beside {HONEST} honest requests a second", bombs.len());
    let bombs = Arc::new(bombs);

    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (mut refused, mut memory) = (0, Vec::new());
    for _ in 0..ROUNDS {
        alone.push(load(&gateway, &honest).await);
        let attack = tokio::spawn(attack(gateway.clone(), bombs.clone()));
        beside.push(load(&gateway, &honest).await);
        refused += attack.await.context("the attack")?;
        memory.push(metric(own.admin, "process_resident_memory_bytes").await? / 1048576.0);
    }
    let ms = |rounds: &[Outcome], share| {
        median(rounds.iter().map(|round| round.percentile(share).as_secs_f64() * 1e3).collect())
    };
    let errors: u64 = alone.iter().chain(&beside).map(|round| round.errors).sum();
    println!("               p50      p99   (ms, medians of {ROUNDS} rounds)");
    println!("alone       {:>6.2}   {:>6.2}", ms(&alone, 0.5), ms(&alone, 0.99));
    println!(
        "beside them {:>6.2}   {:>6.2}   {refused} refused, {errors} honest ones failed",
        ms(&beside, 0.5),
        ms(&beside, 0.99)
    );
    println!("ratio       {:>6.2}   {:>6.2}", ms(&beside, 0.5) / ms(&alone, 0.5), ms(&beside, 0.99) / ms(&alone, 0.99));
    println!("MiB after each round: {memory:.1?}");
    Ok(())
}

async fn load(gateway: &Gateway, body: &Value) -> Outcome {
    let (gateway, body) = (gateway.clone(), body.clone());
    let request = move || {
        let (gateway, body) = (gateway.clone(), body.clone());
        async move { gateway.send(&body).await.map(drop) }
    };
    open_loop(HONEST, ROUND, WORKERS, request).await
}

/// Sends one shape after the other; how many were refused, which must be all.
async fn attack(gateway: Gateway, bombs: Arc<Vec<Value>>) -> u64 {
    let next = AtomicUsize::new(0);
    let request = move || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (gateway, bombs) = (gateway.clone(), bombs.clone());
        async move { gateway.send(&bombs[number % bombs.len()]).await.map(drop) }
    };
    let outcome = open_loop(HOSTILE, ROUND, WORKERS, request).await;
    if outcome.answered() > 0 {
        println!("{} hostile requests were NOT refused", outcome.answered());
    }
    outcome.errors
}
