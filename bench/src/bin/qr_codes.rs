//! S32: what 1,000 QR codes a second do to redirects: visits at a fixed rate, with and without requests for pictures beside them,
//! alternating. Once the pictures are kept in memory, once each is another one of the largest size.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bench::load::{Outcome, median, open_loop};
use bench::platform::Gateway;
use bench::visit::Visitors;

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(4);
const VISITS: u32 = 1000;
const PICTURES: u32 = 1000;
const CONNECTIONS: usize = 64;

/// Pictures that are asked for.
#[derive(Clone, Copy)]
enum ImageRequest {
    /// As they are without parameters, drawn before.
    Kept,
    /// Of 2,048 pixels and a colour of its own.
    New,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let redirector = std::env::var("CURTAIL_REDIRECTOR__LISTEN").context("start with bench/with-platform.sh")?;
    let gateway = Gateway::sign_up().await?;
    let (id, code) = gateway.make_link("https://example.org/qr").await?;
    let visitors = Visitors::connect(&redirector, CONNECTIONS).await?;
    let path: Arc<str> = format!("/{code}").into();
    visitors.visit(&path).await?;

    println!("{VISITS} visits a second, {PICTURES} pictures a second beside them; ms, medians of {ROUNDS} rounds");
    let colour = Arc::new(AtomicU64::new(0));
    for (name, asked) in [("kept", ImageRequest::Kept), ("new", ImageRequest::New)] {
        let (mut alone, mut beside, mut drawn) = (Vec::new(), Vec::new(), Outcome::default());
        for _ in 0..ROUNDS {
            alone.push(visit(&visitors, &path).await);
            let asking = tokio::spawn(ask(gateway.clone(), id, asked, colour.clone()));
            beside.push(visit(&visitors, &path).await);
            drawn = asking.await?;
        }
        let ms = |rounds: &[Outcome], share| {
            median(rounds.iter().map(|round| round.percentile(share).as_secs_f64() * 1e3).collect())
        };
        let (before, after) = (ms(&alone, 0.99), ms(&beside, 0.99));
        let failed: u64 = alone.iter().chain(&beside).map(|round| round.errors).sum();
        println!(
            "{name:>5}: visits p50 {:.2} -> {:.2}, p99 {before:.2} -> {after:.2} (ratio {:.2}), {failed} failed; pictures in \
                  the last round: {} in p50 {:.1}, {} refused",
            ms(&alone, 0.5),
            ms(&beside, 0.5),
            after / before,
            drawn.answered(),
            drawn.percentile(0.5).as_secs_f64() * 1e3,
            drawn.errors
        );
    }
    Ok(())
}

async fn visit(visitors: &Visitors, path: &Arc<str>) -> Outcome {
    let (visitors, path) = (visitors.clone(), path.clone());
    let visit = move || {
        let (visitors, path) = (visitors.clone(), path.clone());
        async move { visitors.visit(&path).await.map(drop) }
    };
    open_loop(VISITS, ROUND, CONNECTIONS, visit).await
}

async fn ask(gateway: Gateway, id: i64, asked: ImageRequest, colour: Arc<AtomicU64>) -> Outcome {
    let picture = move || {
        let looks = match asked {
            ImageRequest::Kept => String::new(),
            ImageRequest::New => format!("?size=2048&color={:06x}", colour.fetch_add(1, Ordering::Relaxed)),
        };
        let gateway = gateway.clone();
        async move { gateway.get(&format!("/v1/links/{id}/qr{looks}")).await }
    };
    open_loop(PICTURES, ROUND, CONNECTIONS, picture).await
}
