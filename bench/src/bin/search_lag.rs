//! From `createLink` to the first search that finds the link, both through the gateway, at 200 creates a second. Every twentieth link is
//! looked for, every 10 ms: more would measure the searches.
#![allow(clippy::print_stdout)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::load::open_loop;
use bench::platform::Gateway;
use serde_json::json;

const RATE: u32 = 200;
const RUN: Duration = Duration::from_secs(30);
const WORKERS: usize = 64;
const SAMPLE: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let gateway = Gateway::sign_up().await?;
    let (number, times) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&times);
    let creates = open_loop(RATE, RUN, WORKERS, move || {
        let (gateway, number, times) = (gateway.clone(), number.fetch_add(1, Ordering::Relaxed), Arc::clone(&seen));
        async move {
            // A word of its own, too far from all others to be taken for one of them.
            let word = format!("w{:016x}", (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let began = Instant::now();
            create(&gateway, &word).await?;
            if number.is_multiple_of(SAMPLE) {
                let found = until_found(&gateway, &word, began).await?;
                times.lock().unwrap_or_else(PoisonError::into_inner).push(found.as_secs_f64() * 1e3);
            }
            Ok(())
        }
    })
    .await;
    let mut times = std::mem::take(&mut *times.lock().unwrap_or_else(PoisonError::into_inner));
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64) * share) as usize).copied().unwrap_or_default();
    println!(
        "create to searchable at {RATE}/s: p50 {:.0} ms, p99 {:.0} ms ({} samples, {} errors)",
        at(0.5),
        at(0.99),
        times.len(),
        creates.errors
    );
    Ok(())
}

async fn create(gateway: &Gateway, title: &str) -> anyhow::Result<()> {
    let query = "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id } userErrors { code } } }";
    let input = json!({ "url": "https://example.org/searched", "title": title });
    let answer = gateway.send(&json!({ "query": query, "variables": { "input": input } })).await?;
    answer["data"]["createLink"]["link"]["id"].as_str().with_context(|| format!("no link: {answer}"))?;
    Ok(())
}

async fn until_found(gateway: &Gateway, word: &str, began: Instant) -> anyhow::Result<Duration> {
    let body =
        json!({ "query": "query($text: String!) { search(text: $text) { total } }", "variables": { "text": word } });
    while began.elapsed() < PATIENCE {
        if gateway.send(&body).await?["data"]["search"]["total"] != 0 {
            return Ok(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("{word} is not found")
}
