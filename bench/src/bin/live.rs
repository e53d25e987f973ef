//! Under 5,000 clicks and 200 creates a second: how long from a click to the subscription, and from a change of a link to
//! every redirector. `BENCH_REDIRECTORS` names their addresses; the clicks go to the first. `bench/live.sh` starts two.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::load::{Outcome, open_loop};
use bench::platform::Gateway;
use bench::visit::Visitors;
use curtail_clock::Clock;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Links that are clicked.
const LINKS: usize = 100;
/// Connections to the redirector, and the most creates at a time.
const CONNECTIONS: usize = 64;
/// A redirector is asked this often whether it has the change.
const ASK: Duration = Duration::from_millis(2);
/// A change that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let number = |name: &str, default: u32| std::env::var(name).map_or(Ok(default), |text| text.parse());
    let (clicks, creates) = (number("BENCH_CLICKS", 5000)?, number("BENCH_CREATES", 200)?);
    let length = Duration::from_secs(number("BENCH_SECONDS", 20)?.into());
    let redirectors = std::env::var("BENCH_REDIRECTORS").context("BENCH_REDIRECTORS; start with bench/live.sh")?;
    let redirectors: Vec<&str> = redirectors.split(',').collect();
    let gateway = Gateway::sign_up().await?;

    let mut paths = Vec::new();
    for n in 0..LINKS {
        paths.push(format!("/{}", gateway.make_link(&format!("https://example.org/live/{n}")).await?.1));
    }
    let visitors = Visitors::connect(redirectors[0], CONNECTIONS).await?;
    for path in &paths {
        visitors.visit(path).await?;
    }
    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(gateway.clone(), over.clone()));
    let changing =
        tokio::spawn(change(gateway.clone(), redirectors.iter().map(|&r| r.to_owned()).collect(), over.clone()));
    let (paths, next) = (Arc::new(paths), Arc::new(AtomicU64::new(0)));
    let visit = move || {
        let (visitors, paths, n) = (visitors.clone(), paths.clone(), next.fetch_add(1, Ordering::Relaxed));
        async move { visitors.visit(&paths[n as usize % LINKS]).await.map(drop) }
    };
    let maker = gateway.clone();
    let create = move || {
        let gateway = maker.clone();
        async move { gateway.create_link("https://example.org/live/new").await.map(drop) }
    };
    let (visits, made) =
        tokio::join!(open_loop(clicks, length, CONNECTIONS, visit), open_loop(creates, length, CONNECTIONS, create));
    // The last clicks are still on their way.
    tokio::time::sleep(Duration::from_secs(2)).await;
    over.store(true, Ordering::Relaxed);
    report("redirect", &visits);
    report("create", &made);
    let (events, skipped) = watching.await??;
    report("click -> subscription", &events);
    println!("  shown {}, skipped {skipped}", events.answered());
    report(&format!("change -> every redirector ({})", redirectors.len()), &changing.await??);
    Ok(())
}

fn report(what: &str, outcome: &Outcome) {
    let [p50, p99] = [0.5, 0.99].map(|share| outcome.percentile(share).as_secs_f64() * 1e3);
    println!("{what}: p50 {p50:.1} ms, p99 {p99:.1} ms, {} measured, {} failed", outcome.answered(), outcome.errors);
}

/// The age of each click when its event arrives, and how many were skipped. Ages are by the clock of this machine, which wrote
/// the times as well; they are whole milliseconds.
async fn watch(gateway: Gateway, over: Arc<AtomicBool>) -> anyhow::Result<(Outcome, u64)> {
    let mut stream = gateway.subscribe("subscription { clicks { nodes { at } skipped } }").await?;
    let (clock, mut ages, mut skipped, mut text) = (Clock::system(), Vec::new(), 0, String::new());
    while !over.load(Ordering::Relaxed) {
        let Ok(chunk) = tokio::time::timeout(Duration::from_millis(100), stream.chunk()).await else { continue };
        text.push_str(std::str::from_utf8(&chunk?.context("the subscription ended")?)?);
        let now = clock.now();
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                let data: Value = serde_json::from_str(data)?;
                anyhow::ensure!(data.get("errors").is_none(), "{data}");
                let batch = &data["data"]["clicks"];
                skipped += batch["skipped"].as_u64().unwrap_or(0);
                for click in batch["nodes"].as_array().into_iter().flatten() {
                    let at = OffsetDateTime::parse(click["at"].as_str().unwrap_or_default(), &Rfc3339)?;
                    ages.push((now - at).try_into().unwrap_or_default());
                }
            }
            text = rest.to_owned();
        }
    }
    Ok((Outcome::of(ages, 0), skipped))
}

/// Changes a link again and again and looks until every redirector sends visitors to the new place.
async fn change(gateway: Gateway, redirectors: Vec<String>, over: Arc<AtomicBool>) -> anyhow::Result<Outcome> {
    let (id, code) = gateway.make_link("https://example.org/changing/0").await?;
    let path = format!("/{code}");
    let mut visitors = Vec::new();
    for address in &redirectors {
        visitors.push(Visitors::connect(address, 1).await?);
    }
    let (mut took, mut failed) = (Vec::new(), 0);
    for n in 1.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let url = format!("https://example.org/changing/{n}");
        for visitors in &visitors {
            visitors.visit(&path).await?;
        }
        gateway.redirect_to(id, &url).await?;
        let answered = Instant::now();
        for visitors in &visitors {
            while visitors.visit(&path).await? != url && answered.elapsed() < PATIENCE {
                tokio::time::sleep(ASK).await;
            }
        }
        match answered.elapsed() {
            slow if slow >= PATIENCE => failed += 1,
            elapsed => took.push(elapsed),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Outcome::of(took, failed))
}
