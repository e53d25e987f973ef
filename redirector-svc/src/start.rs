//! From the configuration to a running service.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::{Config, Service};
use curtail_edge::ClientIp;
use curtail_lifecycle::Shutdown;
use curtail_listener::{Bounds, ConnectionLimiter};
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_rpc::ServiceIdentity;
use curtail_service::{Deps, Running, ServiceHost};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio_util::sync::CancellationToken;

use crate::cache::{self, Links, Shared};
use crate::clicks::Capture;
use crate::http::{self, App, CachePolicy, Hosts, Server, Worker};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::ship::{self, Producer, ShipmentTracker, Shipper};
use crate::spool::{self, ProducerDir, ProducerId, Spool, Usage, WakeSignal};

/// How often the limits of idle addresses are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Binds the ports and starts every task. Its [`Running::app`] is the cache, for warming and for tests.
///
/// # Errors
/// When a setting or the spool directory is unusable, or a port is taken. Redis and shortener-svc may be unavailable.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running<Arc<Links>>> {
    let Deps { clock, rng: mut seed, keys: _ } = deps;
    let mut rng = StdRng::from_rng(&mut seed);
    let settings = &config.redirector;
    let threads = match settings.threads {
        0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        threads => threads,
    };
    let mut host = ServiceHost::bind(Service::Redirector, &config, &clock, shutdown).await?;
    let listeners = host.listen_with(|address| http::listen(address, threads))?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let tail = curtail_streams::Tail::new(&config.redis, curtail_streams::topology::LINKS)?;

    let metrics = Arc::new(Metrics::new());
    let hosts = Hosts::new(&config.domains);
    let links = Arc::new(links(&config, &hosts, redis.clone(), metrics.clone(), host.identity())?);
    let app = Arc::new(app(&config, hosts, links.clone(), metrics, clock));
    let (usage, wake) = (Arc::new(Usage::new(settings.spool_max_bytes)), Arc::new(WakeSignal::default()));
    let spools = spools(settings, threads, &usage, &wake, &mut rng)?;

    let (followed, latch) = (links.clone(), host.latch("link events"));
    host.task("link events", |shutdown| cache::follow(followed, tail, latch, shutdown));
    let fsync = Duration::from_millis(settings.spool_fsync_ms);
    host.task("spool flushing", |shutdown| spool::sync::run(spools.clone(), fsync, shutdown));
    host.task("limits", |shutdown| sweep(app.clone(), shutdown));
    let served = CancellationToken::new();
    let producers =
        spools.iter().map(|spool| Producer::live(spool.clone(), usage.clone(), config.streams.click_shards));
    let shipper =
        Shipper::new(ship_settings(&config), ShipmentTracker::new(redis), usage.clone(), wake, producers.collect());
    host.task("click shipper", |_| shipper.run(served.clone()));

    let header_timeout = Duration::from_millis(settings.header_timeout_ms);
    let limiter = ConnectionLimiter::new(Bounds {
        max_connections: settings.max_connections,
        max_connections_per_address: settings.max_connections_per_address,
        trusted: config.proxies.trusted.clone(),
        header_timeout,
        ..Bounds::default()
    });
    let server = Server { limiter, header_timeout, max_header_bytes: settings.max_header_bytes };
    let key = settings.visitor_key.key32();
    let mut serving = Vec::new();
    for (listener, spool) in listeners.into_iter().zip(spools) {
        let worker = Worker::new(app.clone(), Capture::new(&key), spool, StdRng::from_rng(&mut rng));
        serving.push(http::serve(server.clone(), listener, worker, host.shutdown()));
    }
    // The shipper ends after the last click.
    host.task("serving threads", |_| async move {
        let ended = futures_util::future::try_join_all(serving).await;
        served.cancel();
        ended.map(drop)
    });
    Ok(host.start(links))
}

fn links(
    config: &Config,
    hosts: &Hosts,
    redis: fred::clients::Pool,
    metrics: Arc<Metrics>,
    identity: ServiceIdentity,
) -> anyhow::Result<Links> {
    let settings = &config.redirector;
    let owner = LinkServiceClient::new(curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity)?);
    let bounds = cache::Settings {
        entries: settings.cache_entries,
        ttl: Duration::from_secs(settings.cache_ttl_seconds),
        ttl_max: Duration::from_secs(settings.cache_ttl_max_seconds),
        negative_ttl: Duration::from_secs(settings.negative_ttl_seconds),
        fill_timeout: Duration::from_millis(settings.fill_timeout_ms),
    };
    let shared = Shared::new(redis, Duration::from_secs(settings.shared_ttl_seconds));
    Ok(Links::new(bounds, hosts.domains().to_vec(), shared, owner, metrics))
}

fn app(config: &Config, hosts: Hosts, links: Arc<Links>, metrics: Arc<Metrics>, clock: Clock) -> App {
    let settings = &config.redirector;
    App {
        hosts,
        client_ip: ClientIp::new(config.proxies.trusted.clone()),
        limits: Limits::new(settings.ip_per_second, settings.ip_burst, settings.not_found_per_minute),
        links,
        pages: Pages::new(),
        cache_policy: CachePolicy::new(settings.permanent_max_age_seconds),
        metrics,
        clock,
    }
}

/// A spool for each serving thread.
fn spools(
    settings: &curtail_config::Redirector,
    threads: usize,
    usage: &Arc<Usage>,
    wake: &Arc<WakeSignal>,
    rng: &mut StdRng,
) -> anyhow::Result<Vec<Arc<Spool>>> {
    let root = PathBuf::from(&settings.spool_dir);
    std::fs::create_dir_all(&root).with_context(|| format!("redirector.spool_dir {}", root.display()))?;
    let make = |_| {
        let dir = ProducerDir::create(&root, ProducerId::generate(rng)).context("redirector.spool_dir")?;
        Ok(Arc::new(Spool::new(dir, usage.clone(), wake.clone(), settings.spool_segment_bytes)))
    };
    (0..threads).map(make).collect()
}

fn ship_settings(config: &Config) -> ship::Settings {
    ship::Settings {
        root: PathBuf::from(&config.redirector.spool_dir),
        shards: config.streams.click_shards,
        batch: config.redirector.ship_batch as u64,
        linger: Duration::from_millis(config.redirector.ship_linger_ms),
        window: config.redirector.ship_window,
    }
}

async fn sweep(app: Arc<App>, shutdown: Shutdown) -> anyhow::Result<()> {
    while shutdown.sleep(SWEEP_EVERY).await {
        app.limits.sweep();
        metrics::gauge!("redirector_cache_entries").set(app.links.len() as f64);
    }
    Ok(())
}
