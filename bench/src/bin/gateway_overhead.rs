//! What the gateway adds to the RPC it calls: `link(id)` over GraphQL against `GetLink` over gRPC with the same token, at
//! the same fixed rates, alternating; `{ __typename }`, which calls none, beside them; and how many of each a core of the
//! gateway's answers in a second.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use bench::load::{Outcome, median, open_loop};
use bench::own_gateway::metric;
use bench::platform::Gateway;
use curtail_clock::Clock;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::auth::v1::{ExchangeRequest, exchange_request::Credential};
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::{GetLinkRequest, LinkRef, link_ref::By};
use curtail_rpc::{CallContext, ServiceIdentity};
use serde_json::{Value, json};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);
const WORKERS: usize = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = curtail_config::Config::load().context("needs the configuration of the running platform")?;
    let gateway = Gateway::sign_up().await?;
    let id = gateway.create_link("https://example.org/overhead").await?;
    let identity = ServiceIdentity::new("gateway", &config.rpc.service_key, Clock::system());
    let links = curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity.clone())?;

    let one_rpc =
        json!({ "query": "query($id: ID!) { link(id: $id) { url } }", "variables": { "id": id.to_string() } });
    let none = json!({ "query": "{ __typename }" });
    println!(
        "rate/s   rpc p50   p99    graphql p50   p99    added p50   p99   __typename p50   p99   (ms, medians of {ROUNDS} rounds)"
    );
    for rate in [200, 500, 1000] {
        let (mut bare, mut whole, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            // A token lives for about a minute: each round has one of its own.
            let token = internal_token(&config, &identity, &gateway.token).await?;
            let client = LinkServiceClient::new(links.clone());
            bare.push(open_loop(rate, ROUND, WORKERS, move || get_link(client.clone(), token.clone(), id)).await);
            whole.push(load(&gateway, &one_rpc, rate).await);
            empty.push(load(&gateway, &none, rate).await);
        }
        report(rate, &bare, &whole, &empty);
    }
    println!("for a second of a core of the gateway, at 1,000 a second:");
    for (name, body) in [("link(id)", &one_rpc), ("{ __typename }", &none)] {
        let admin = config.gateway.admin_listen;
        let before = metric(admin, "process_cpu_seconds_total").await?;
        let answered: usize = load(&gateway, body, 1000).await.answered();
        let cores = metric(admin, "process_cpu_seconds_total").await? - before;
        println!("{name:>14}: {:.0} requests", answered as f64 / cores);
    }
    Ok(())
}

async fn load(gateway: &Gateway, body: &Value, rate: u32) -> Outcome {
    let (gateway, body) = (gateway.clone(), body.clone());
    let request = move || {
        let (gateway, body) = (gateway.clone(), body.clone());
        async move { gateway.send(&body).await.map(drop) }
    };
    open_loop(rate, ROUND, WORKERS, request).await
}

fn report(rate: u32, bare: &[Outcome], whole: &[Outcome], empty: &[Outcome]) {
    let ms = |rounds: &[Outcome], share| {
        median(rounds.iter().map(|round| round.percentile(share).as_secs_f64() * 1e3).collect())
    };
    let (b50, b99, w50, w99) = (ms(bare, 0.5), ms(bare, 0.99), ms(whole, 0.5), ms(whole, 0.99));
    let (e50, e99) = (ms(empty, 0.5), ms(empty, 0.99));
    let errors: u64 = bare.iter().chain(whole).chain(empty).map(|round| round.errors).sum();
    println!(
        "{rate:>6}   {b50:>7.2}   {b99:>5.2}   {w50:>9.2}   {w99:>6.2}   {:>7.2}   {:>6.2}   {e50:>12.2}   {e99:>6.2}   errors={errors}",
        w50 - b50,
        w99 - b99
    );
}

async fn get_link(mut client: LinkServiceClient<curtail_rpc::Channel>, token: String, id: i64) -> anyhow::Result<()> {
    let context = CallContext::new(Instant::now() + Duration::from_secs(2)).on_behalf_of(token);
    client.get_link(context.request(GetLinkRequest { link: Some(LinkRef { by: Some(By::Id(id)) }) })).await?;
    Ok(())
}

async fn internal_token(
    config: &curtail_config::Config,
    identity: &ServiceIdentity,
    access_token: &str,
) -> anyhow::Result<String> {
    let channel = curtail_rpc::connect("auth", &config.rpc.auth_url, &config.rpc, identity.clone())?;
    let request = ExchangeRequest { credential: Some(Credential::AccessToken(access_token.to_owned())), client: None };
    let context = CallContext::new(Instant::now() + Duration::from_secs(2));
    Ok(AuthServiceClient::new(channel).exchange(context.request(request)).await?.into_inner().internal_token)
}
