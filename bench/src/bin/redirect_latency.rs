//! Latency of an HTTP server at a constant rate: `redirect_latency ADDRESS PATH RATE SECONDS`. Prints p50, p99 and p99.9 in
//! microseconds, and how many requests failed.

use std::sync::Arc;
use std::time::Duration;

use bench::load::open_loop;
use bench::visit::Visitors;

/// Connections, and so the most requests at a time.
const CONNECTIONS: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, rate, seconds] = &arguments[..] else {
        anyhow::bail!("redirect_latency ADDRESS PATH RATE SECONDS")
    };
    let (visitors, path): (_, Arc<str>) = (Visitors::connect(address, CONNECTIONS).await?, path.as_str().into());
    let visit = move || {
        let (visitors, path) = (visitors.clone(), path.clone());
        async move { visitors.visit(&path).await.map(drop) }
    };
    let outcome = open_loop(rate.parse()?, Duration::from_secs(seconds.parse()?), CONNECTIONS, visit).await;
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| outcome.percentile(share).as_micros());
    #[expect(clippy::print_stdout, reason = "the result of the program")]
    {
        println!("{p50} {p99} {p999} {}", outcome.errors);
    }
    Ok(())
}
