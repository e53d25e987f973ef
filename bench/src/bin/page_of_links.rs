//! A page of 50 links with totals, tags and creator: the RPCs it costs and how long it takes at a fixed rate.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use anyhow::Context as _;
use bench::load::{median, open_loop};
use bench::own_gateway::metric;
use bench::platform::Gateway;
use serde_json::json;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);
const WORKERS: usize = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load().context("needs the configuration of the running platform")?;
    let admin = config.gateway.admin_listen;
    let gateway = Gateway::sign_up().await?;
    let urls: Vec<_> =
        (0..50).map(|n| json!({ "url": format!("https://example.org/page/{n}"), "tags": ["bench", "page"] })).collect();
    let make = "mutation($links: [NewLinkInput!]!) { createLinks(input: { links: $links }) { outcomes { link { id } } userErrors { code } } }";
    gateway.send(&json!({ "query": make, "variables": { "links": urls } })).await?;
    let page = json!({ "query": "{ links(first: 50) { edges { node { id code url title tags { name } totals { clicks humans uniques } creator { id fullName } } } pageInfo { hasNextPage } } }" });
    let answer = gateway.send(&page).await?;
    let edges = answer["data"]["links"]["edges"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(edges == 50, "50 links, not {edges}: {answer}");

    println!("rate/s   p50   p99 (ms, medians of {ROUNDS} rounds)   RPCs for each page");
    for rate in [50, 100] {
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        let before = metric(admin, "rpc_client_requests_total").await?;
        let mut answered = 0;
        for _ in 0..ROUNDS {
            let (gateway, page) = (gateway.clone(), page.clone());
            let request = move || {
                let (gateway, page) = (gateway.clone(), page.clone());
                async move { gateway.send(&page).await.map(drop) }
            };
            let outcome = open_loop(rate, ROUND, WORKERS, request).await;
            anyhow::ensure!(outcome.errors == 0, "{} pages failed", outcome.errors);
            answered += outcome.answered();
            p50.push(outcome.percentile(0.5).as_secs_f64() * 1e3);
            p99.push(outcome.percentile(0.99).as_secs_f64() * 1e3);
        }
        let rpcs = (metric(admin, "rpc_client_requests_total").await? - before) / answered as f64;
        println!("{rate:>6}   {:>6.2}   {:>6.2}   {rpcs:.2}", median(p50), median(p99));
    }
    Ok(())
}
