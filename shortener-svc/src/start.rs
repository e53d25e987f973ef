//! From the configuration to a running service.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_proto::links::v1::link_service_server::LinkServiceServer;
use curtail_rpc::{Keys, Verifier};
use curtail_streams::{Consumer, topology};
use rand::CryptoRng;
use rand::rngs::StdRng;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::app::App;
use crate::code::Codes;
use crate::destination::Rules;
use crate::domains::Domains;
use crate::group_commit::GroupCommit;
use crate::live::Rooms;
use crate::rpcs::{LinkLive, Links};
use crate::store::usage::Slots;
use crate::{SCHEMA, erasure, upkeep};

/// What a process has of the world outside of its configuration; tests choose it.
pub struct Outside {
    /// What time it is.
    pub clock: Clock,
    /// Where codes and event ids come from.
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
    let rng: Box<dyn CryptoRng + Send> = Box::new(rand::make_rng::<StdRng>());
    let outside = Outside { clock: Clock::system(), rng, keys: Keys::Fetched };
    let running = start(config, outside, shutdown).await?;
    tracing::info!(addr = %running.addr, admin = %running.admin_addr, "serving links");
    running.join().await
}

/// Takes the ports and starts every task.
///
/// # Errors
/// As for [`run`], except for missing migrations: those fail [`Running::join`].
pub async fn start(config: Config, outside: Outside, shutdown: Shutdown) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.shortener.listen).await.context("shortener.listen")?;
    let addr = listener.local_addr()?;
    let readiness = Readiness::new();
    let admin =
        Admin::bind(config.shortener.admin_listen, readiness.clone()).await.context("shortener.admin_listen")?;
    let admin_addr = admin.local_addr();
    let mut tasks = Tasks::new(shutdown.clone());

    let Outside { clock, rng, keys } = outside;
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let owner = format!("shortener-svc {addr} pid {}", std::process::id());
    let ids = curtail_ids::Generator::new(pool.clone(), &owner, clock.clone(), Some(readiness.latch("ids")));
    let relay = curtail_streams::Relay::new(pool.clone(), redis, clock.clone(), &config.streams, SCHEMA);
    let app = Arc::new(app(&config, pool.clone(), clock.clone(), rng, ids.clone(), relay.handle())?);
    let consumer = format!("shortener {}", config.shortener.listen);
    let accounts =
        Consumer::new(&config.redis, topology::ACCOUNTS, topology::group::LINKS, &consumer, &config.streams).await?;

    let keys = keys.cache(SCHEMA, &config.rpc, &clock, &readiness, &mut tasks, &shutdown)?;
    let verifier = Verifier::new(&config.rpc.service_key, keys);
    let service = LinkServiceServer::new(Links::new(Arc::clone(&app)))
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let rooms = Arc::<Rooms>::default();
    let server = curtail_rpc::Server::new(SCHEMA, &config.rpc, verifier, clock.clone())
        .add_service(service)
        .add_service(LinkLive { rooms: Arc::clone(&rooms) }.into_server());

    let database = readiness.latch("database");
    tasks.spawn("upkeep", upkeep::run(Arc::clone(&app), config.shortener.partitions_ahead, database, shutdown.clone()));
    tasks.spawn("erasure", erasure::run(app, accounts, shutdown.clone()));
    tasks.spawn("ids", ids.run(shutdown.clone()));
    tasks.spawn("relay", relay.run(shutdown.clone()));
    tasks.spawn("live", rooms.run(config.redis, shutdown.clone()));
    tasks.spawn("grpc", server.serve(listener, readiness.clone(), shutdown.clone()));
    tasks.spawn("admin", admin.serve(shutdown));
    Ok(Running { addr, admin_addr, readiness, tasks })
}

fn app(
    config: &Config,
    pool: PgPool,
    clock: Clock,
    rng: Box<dyn CryptoRng + Send>,
    ids: curtail_ids::Generator,
    relay: curtail_streams::RelayHandle,
) -> anyhow::Result<App> {
    let slots = Arc::<Slots>::default();
    Ok(App {
        group_commit: GroupCommit::start(pool.clone(), Arc::clone(&slots)),
        pool,
        clock,
        rules: Rules::new(&config.domains, &config.shortener)?,
        domains: Domains::new(&config.domains)?,
        codes: Codes::new(config.shortener.code_length),
        plans: config.plans.clone(),
        max_message_bytes: config.rpc.max_message_bytes,
        ids,
        relay,
        rng: Mutex::new(rng),
        slots,
    })
}
