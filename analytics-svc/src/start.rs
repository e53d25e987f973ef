//! From the configuration to a running service.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_rpc::{Keys, Verifier};
use curtail_streams::{Consumer, topology};
use rand::rngs::StdRng;
use rand::{CryptoRng, RngExt as _, SeedableRng as _};
use tokio::net::TcpListener;

use crate::alerts::Alerts;
use crate::alerts::spikes::Rule;
use crate::clicks::{GROUP, Shards};
use crate::enrich::Geo;
use crate::fold::{self, Folding};
use crate::live::{Publisher, Rooms, Watched};
use crate::retention::Retention;
use crate::rpc::{Analytics, Live};
use crate::{MIGRATOR, SCHEMA, erasure, links, upkeep};

/// What a process has of the world outside of its configuration; tests choose it.
pub struct Outside {
    /// What time it is.
    pub clock: Clock,
    /// Where the name of this owner of shards comes from.
    pub rng: Box<dyn CryptoRng + Send>,
    /// The keys that verify callers.
    pub keys: Keys,
}

/// A service that has its ports. It stops when its shutdown begins.
pub struct Running {
    /// Where gRPC is served.
    pub addr: SocketAddr,
    /// Where `/health/*` and `/metrics` are served.
    pub admin_addr: SocketAddr,
    /// Whether it is ready.
    pub readiness: Readiness,
    tasks: Tasks,
}

impl Running {
    /// Waits for the end.
    ///
    /// # Errors
    /// When a part failed; then all of it stops.
    pub async fn join(self) -> anyhow::Result<()> {
        self.tasks.join().await
    }
}

/// Runs the service until `shutdown`.
///
/// # Errors
/// When the configuration does not work out, a port is taken or migrations are missing. Stores and peers that are away are
/// waited for.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let outside =
        Outside { clock: Clock::system(), rng: Box::new(rand::make_rng::<rand::rngs::StdRng>()), keys: Keys::Fetched };
    let running = start(config, outside, shutdown).await?;
    tracing::info!(addr = %running.addr, admin = %running.admin_addr, "serving analytics");
    running.join().await
}

/// Takes the ports and starts every task.
///
/// # Errors
/// As for [`run`], except for missing migrations: those fail [`Running::join`].
pub async fn start(config: Config, outside: Outside, shutdown: Shutdown) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.analytics.listen).await.context("analytics.listen")?;
    let addr = listener.local_addr()?;
    let readiness = Readiness::new();
    let admin =
        Admin::bind(config.analytics.admin_listen, readiness.clone()).await.context("analytics.admin_listen")?;
    let admin_addr = admin.local_addr();
    let mut tasks = Tasks::new(shutdown.clone());

    let Outside { clock, mut rng, keys } = outside;
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let geo = geo(&config.analytics.geo_database)?;
    let owner = format!("{addr} {:016x}", rng.random::<u64>());
    let watched = Arc::new(Watched::new(config.analytics.live_clicks_per_second, rng.random()));
    let (publisher, picked) = Publisher::new();
    let live = (Arc::clone(&watched), publisher);
    let shards = Shards::new(&config, pool.clone(), clock.clone(), geo, live, owner).await?;
    let subscriber = curtail_streams::subscriber(&config.redis)?;
    let rooms = Arc::new(Rooms::new(subscriber.clone(), watched));
    let redis = curtail_streams::connect(&config.redis).await?;
    let relay = curtail_streams::Relay::new(pool.clone(), redis, clock.clone(), &config.streams, SCHEMA);
    let alerts = Alerts {
        pool: pool.clone(),
        clock: clock.clone(),
        rule: Rule { min_clicks: config.analytics.spike_min_clicks, factor: config.analytics.spike_factor },
        rng: StdRng::from_rng(&mut rng),
        relay: relay.handle(),
    };

    let consumer = format!("analytics {}", config.analytics.listen);
    let link_events = Consumer::new(&config.redis, topology::LINKS, GROUP, &consumer, &config.streams).await?;
    let account_events = Consumer::new(&config.redis, topology::ACCOUNTS, GROUP, &consumer, &config.streams).await?;

    let keys = keys.cache(SCHEMA, &config.rpc, &clock, &readiness, &mut tasks, &shutdown)?;
    let verifier = Verifier::new(&config.rpc.service_key, keys);
    let retention = Retention::of(&config.analytics);
    let service = Analytics { pool: pool.clone(), clock: clock.clone(), retention }
        .into_server()
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let server = curtail_rpc::Server::new(SCHEMA, &config.rpc, verifier, clock.clone())
        .add_service(service)
        .add_service(Live { rooms: Arc::clone(&rooms) }.into_server());

    let folding = Folding {
        pool: pool.clone(),
        clock: clock.clone(),
        retention,
        after: time::Duration::hours(config.analytics.fold_after_hours.into()),
        late: fold::LATE,
    };

    tasks.spawn("grpc", server.serve(listener, readiness.clone(), shutdown.clone()));
    tasks.spawn("live", rooms.run(shutdown.clone()));
    tasks.spawn("live publisher", Publisher::run(picked, subscriber, shutdown.clone()));
    tasks.spawn("admin", admin.serve(shutdown.clone()));
    let database = readiness.latch("database");
    let ahead = config.analytics.partitions_ahead;
    tasks.spawn("stores", async move {
        tokio::select! {
            migrated = curtail_db::wait_migrated(&pool, &MIGRATOR) => migrated?,
            () = shutdown.draining() => return Ok(()),
        }
        let mut tasks = Tasks::new(shutdown.clone());
        shards.spawn(&mut tasks, &shutdown);
        tasks.spawn("relay", relay.run(shutdown.clone()));
        tasks.spawn("alerts", alerts.run(shutdown.clone()));
        tasks.spawn("links", links::run(link_events, pool.clone(), shutdown.clone()));
        tasks.spawn("erasure", erasure::run(account_events, pool.clone(), clock.clone(), shutdown.clone()));
        tasks.spawn("upkeep", upkeep::run(pool.clone(), clock, ahead, retention, shutdown.clone()));
        tasks.spawn("folding", folding.run(shutdown.clone()));
        tasks.spawn("probe", curtail_db::probe(pool, database, shutdown));
        tasks.join().await
    });
    Ok(Running { addr, admin_addr, readiness, tasks })
}

fn geo(path: &str) -> anyhow::Result<Option<Arc<Geo>>> {
    if path.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(Geo::open(Path::new(path))?)))
}
