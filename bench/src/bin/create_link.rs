//! `createLink` through the gateway, back to back; prints links per second. `bench/create_link.sh` compares it with pgbench
//! inserting the same rows.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bench::load::closed_loop;
use bench::platform::Gateway;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seconds: u64 = std::env::var("BENCH_SECONDS").map_or(Ok(10), |s| s.parse())?;
    let workers: usize = std::env::var("BENCH_WORKERS").map_or(Ok(32), |s| s.parse())?;
    let gateway = Gateway::sign_up().await?;
    let counter = Arc::new(AtomicU64::new(0));
    let (rate, errors) = closed_loop(Duration::from_secs(seconds), workers, move || {
        let (gateway, number) = (gateway.clone(), counter.fetch_add(1, Ordering::Relaxed));
        async move { gateway.create_link(&format!("https://example.org/bench/{number}")).await.map(drop) }
    })
    .await;
    println!("{rate:.0} {errors}");
    Ok(())
}
