//! From the configuration to a running gateway.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_service::{Deps, Running, ServiceHost};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::{ActiveConfig, App, SharedState};
use crate::auth::{Authenticator, Revocations, follow};
use crate::http;
use crate::reload::Reloader;
use crate::upstreams::Upstreams;

/// How much longer than an access token lives a revocation is remembered.
const REVOCATION_SLACK: Duration = Duration::from_secs(300);

/// How often the limits of idle addresses are removed.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// How long subscriptions may take to close when the process drains.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the gateway until `shutdown`, and reads the configuration of the process again at each SIGHUP.
///
/// # Errors
/// When it cannot start, or a task fails.
pub async fn run(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<()> {
    // Before anything else: until then the signal would end the process.
    let hangup = signal(SignalKind::hangup()).context("SIGHUP")?;
    let running = start(config, deps, shutdown).await?;
    let reloader = running.app.clone();
    tokio::select! {
        ended = running.join() => ended,
        never = reloader.on_hangup(hangup, Config::load) => match never {},
    }
}

/// Binds the ports and starts every task. Its [`Running::app`] changes the configuration.
///
/// # Errors
/// When a setting is unusable or a port is taken. Redis and other services may be unavailable.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running<Reloader>> {
    let Deps { clock, mut rng, keys: _ } = deps;
    let mut host = ServiceHost::bind(Service::Gateway, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;
    let settings = config.gateway.clone();

    let identity = host.identity();
    let connect = |name, url: &str| curtail_rpc::connect(name, url, &config.rpc, identity.clone());
    let auth = connect("auth", &config.rpc.auth_url)?;
    let links = connect("links", &config.rpc.links_url)?;
    let analytics = connect("analytics", &config.rpc.analytics_url)?;
    let notify = connect("notify", &config.rpc.notify_url)?;
    let search = connect("search", &config.rpc.search_url)?;
    let redis = curtail_streams::connect(&config.redis).await?;

    let keys = curtail_rpc::KeyRingCache::fetching(auth.clone(), host.latch("key ring"));
    let keep = Duration::from_secs(config.auth.access_token_seconds) + REVOCATION_SLACK;
    let revocations = Arc::new(Revocations::new(keep.try_into()?));
    let auth_client = AuthServiceClient::new(auth.clone());
    let authenticator = Authenticator::new(keys.clone(), auth_client.clone(), revocations.clone(), clock.clone());
    let upstreams = Upstreams::new(auth, links, analytics, notify, search);
    let stages = (host.latch("load"), host.shutdown());
    let shared = SharedState::new(
        &settings,
        upstreams,
        authenticator,
        redis,
        stages,
        clock.clone(),
        StdRng::from_rng(&mut rng),
    )?;
    let connections = shared.connections.clone();
    let reloader = Reloader::new(App::new(&config, shared)?);

    let tail = curtail_streams::Tail::new(&config.redis, curtail_streams::topology::ACCOUNTS)?;
    let latch = host.latch("revocations");
    host.task("key ring", |shutdown| keys.run(shutdown));
    host.task("revocations", |shutdown| follow(tail, auth_client, revocations, clock, latch, shutdown));
    host.task("address limiter", |shutdown| forget_addresses(reloader.follow(), shutdown));
    host.task("live connections", |shutdown| async move {
        shutdown.draining().await;
        // They close by themselves; the process waits for it.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, connections.wait_until_empty()).await;
        Ok(())
    });
    host.task("http", |shutdown| http::serve(listener, reloader.follow(), settings, config.proxies, shutdown));
    Ok(host.start(reloader))
}

async fn forget_addresses(active: watch::Receiver<ActiveConfig>, shutdown: Shutdown) -> anyhow::Result<()> {
    while shutdown.sleep(FORGET_INTERVAL).await {
        active.borrow().app.addresses.retain_recent();
    }
    Ok(())
}
