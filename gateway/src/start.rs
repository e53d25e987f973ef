//! Starts the gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::{ActiveConfig, App, SharedState};
use crate::auth::{Authenticator, Revocations, follow};
use crate::http;
use crate::reload::Reloader;
use crate::upstreams::Upstreams;

/// How much longer than an access token lives a revocation is remembered.
const REVOCATION_SLACK: Duration = Duration::from_secs(300);

/// How often addresses that came to rest are forgotten.
const FORGET: Duration = Duration::from_secs(10);

/// How long connections that stay open may take to say good-bye.
const GOOD_BYE: Duration = Duration::from_secs(5);

/// A started gateway.
pub struct Running {
    /// Where it serves.
    pub addr: SocketAddr,
    /// Where its health and metrics are.
    pub admin_addr: SocketAddr,
    /// What it still waits for.
    pub readiness: Readiness,
    /// Changes its configuration.
    pub reloader: Reloader,
    tasks: Tasks,
}

impl Running {
    /// Waits until everything has stopped.
    ///
    /// # Errors
    /// Of the first task that failed.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Runs the gateway until `shutdown`, and reads the configuration of the process again at each SIGHUP.
///
/// # Errors
/// When it can not start, or a task fails.
pub async fn run(config: curtail_config::Config, shutdown: Shutdown) -> anyhow::Result<()> {
    // Before anything else: until then the signal would end the process.
    let hangup = signal(SignalKind::hangup()).context("SIGHUP")?;
    curtail_lifecycle::raise_file_limit();
    let running = start(config, Clock::system(), shutdown).await?;
    let reloader = running.reloader.clone();
    tokio::select! {
        ended = running.join() => ended,
        never = reloader.on_hangup(hangup, curtail_config::Config::load) => match never {},
    }
}

/// Binds the ports and starts every task. Needs neither Redis nor a service to be there.
///
/// # Errors
/// When a port is taken or a URL of the configuration is none.
pub async fn start(config: curtail_config::Config, clock: Clock, shutdown: Shutdown) -> anyhow::Result<Running> {
    let settings = config.gateway.clone();
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("gateway.listen {}", settings.listen))?;
    let readiness = Readiness::new();
    let admin = Admin::bind(settings.admin_listen, readiness.clone())
        .await
        .with_context(|| format!("gateway.admin_listen {}", settings.admin_listen))?;
    let (addr, admin_addr) = (listener.local_addr()?, admin.local_addr());

    let identity = curtail_rpc::ServiceIdentity::new("gateway", &config.rpc.service_key, clock.clone());
    let connect = |name, url: &str| curtail_rpc::connect(name, url, &config.rpc, identity.clone());
    let auth = connect("auth", &config.rpc.auth_url)?;
    let links = connect("links", &config.rpc.links_url)?;
    let analytics = connect("analytics", &config.rpc.analytics_url)?;
    let notify = connect("notify", &config.rpc.notify_url)?;
    let search = connect("search", &config.rpc.search_url)?;
    let redis = curtail_streams::connect(&config.redis).await?;

    let keys = curtail_rpc::KeyRingCache::fetching(auth.clone(), readiness.latch("key ring"));
    let keep = Duration::from_secs(config.auth.access_token_seconds) + REVOCATION_SLACK;
    let revocations = Arc::new(Revocations::new(keep.try_into()?));
    let auth_client = AuthServiceClient::new(auth.clone());
    let authenticator = Authenticator::new(keys.clone(), auth_client.clone(), revocations.clone(), clock.clone());
    let upstreams = Upstreams::new(auth, links, analytics, notify, search);
    let stages = (readiness.latch("load"), shutdown.clone());
    let shared = SharedState::new(&settings, upstreams, authenticator, redis, stages, clock.clone(), system_rng())?;
    let connections = shared.connections.clone();
    let reloader = Reloader::new(App::new(&config, shared)?);

    let tail = curtail_streams::Tail::new(&config.redis, curtail_streams::topology::ACCOUNTS)?;
    let latch = readiness.latch("revocations");
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("key ring", keys.run(shutdown.clone()));
    tasks.spawn("revocations", follow(tail, auth_client, revocations, clock, latch, shutdown.clone()));
    tasks.spawn("address limiter", forget_addresses(reloader.follow(), shutdown.clone()));
    let until = shutdown.clone();
    tasks.spawn("live connections", async move {
        until.draining().await;
        // They say good-bye by themselves; the process waits for it.
        let _ = tokio::time::timeout(GOOD_BYE, connections.wait_until_empty()).await;
        Ok(())
    });
    tasks.spawn("http", http::serve(listener, reloader.follow(), settings, config.proxies, shutdown.clone()));
    tasks.spawn("admin", admin.serve(shutdown));
    tracing::info!(%addr, %admin_addr, "the gateway is up");
    Ok(Running { addr, admin_addr, readiness, reloader, tasks })
}

async fn forget_addresses(in_force: watch::Receiver<ActiveConfig>, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(FORGET) => in_force.borrow().app.addresses.retain_recent(),
            () = shutdown.draining() => return Ok(()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of the gateway that makes the real generator")]
fn system_rng() -> StdRng {
    StdRng::from_rng(&mut rand::rng())
}
