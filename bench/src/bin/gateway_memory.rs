//! What a gateway takes of memory: idle, with 1,000 requests in flight that wait for links-svc behind a wire that is dead, and
//! after them.
#![allow(clippy::print_stdout)]

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bench::own_gateway::{OwnGateway, metric};
use bench::platform::Gateway;
use curtail_testkit::{Fault, Proxy};
use serde_json::json;
use tokio::task::JoinSet;

const IN_FLIGHT: usize = 1000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load().context("needs the configuration of the running platform")?;
    let links = config.rpc.links_url.strip_prefix("http://").context("links_url")?.parse::<SocketAddr>()?;
    let wire = Proxy::start(links).await?;
    let places = (IN_FLIGHT * 2).to_string();
    let own = OwnGateway::start(&[
        ("CURTAIL_RPC__LINKS_URL", format!("http://{}", wire.address())),
        ("CURTAIL_RPC__READ_TIMEOUT_MS", "20000".to_owned()),
        ("CURTAIL_RPC__MAX_IN_FLIGHT", places.clone()),
        ("CURTAIL_GATEWAY__MAX_IN_FLIGHT", places),
    ])
    .await?;
    let memory = async || Ok::<_, anyhow::Error>(metric(own.admin, "process_resident_memory_bytes").await? / 1048576.0);
    let fresh = memory().await?;
    let gateway = Gateway::sign_up().await?.at(&own.url);
    let id = gateway.create_link("https://example.org/memory").await?;
    let body = json!({ "query": "query($id: ID!) { link(id: $id) { url } }", "variables": { "id": id.to_string() } });
    gateway.send(&body).await?;
    let idle = memory().await?;

    wire.set(Fault::Blackhole);
    let files = metric(own.admin, "process_open_fds").await?;
    let mut waiting = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (gateway, body) = (gateway.clone(), body.clone());
        waiting.spawn(async move { gateway.send(&body).await });
    }
    // One of them takes the connection that is open already.
    let expected = files + IN_FLIGHT as f64 - 1.0;
    let arrived = async || metric(own.admin, "process_open_fds").await.is_ok_and(|now| now >= expected);
    anyhow::ensure!(
        curtail_testkit::holds_within(arrived, Duration::from_secs(5)).await,
        "the requests did not arrive"
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    let busy = memory().await?;
    wire.set(Fault::None);
    let answered = waiting.join_all().await.into_iter().filter(Result::is_ok).count();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = memory().await?;
    println!(
        "MiB: fresh {fresh:.1}, idle {idle:.1}, {IN_FLIGHT} in flight {busy:.1}, ten seconds after them {after:.1}"
    );
    println!(
        "KiB for each request in flight: {:.1}; {answered} of them answered",
        (busy - idle) * 1024.0 / IN_FLIGHT as f64
    );
    Ok(())
}
