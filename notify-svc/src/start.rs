//! From the configuration to a running service.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_rpc::{Keys, ServiceIdentity, Verifier};
use curtail_streams::Consumer;
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng as _};
use tokio::net::TcpListener;

use crate::channel::Channel;
use crate::events::{Directory, GROUP, Intake, STREAMS};
use crate::mail::unsubscribe::Signer;
use crate::message::Writer;
use crate::phone::Phones;
use crate::rpcs::Handlers;
use crate::sender::{Sender, Wake};
use crate::store::messages::Medium;
use crate::{MIGRATOR, SCHEMA, upkeep, webhooks};

/// What a process has of the world outside of its configuration; tests choose it.
pub struct Outside {
    /// What time it is.
    pub clock: Clock,
    /// Where pauses and secrets come from.
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
    tracing::info!(addr = %running.addr, admin = %running.admin_addr, "sending messages");
    running.join().await
}

/// Takes the ports and starts every task.
///
/// # Errors
/// As for [`run`], except for missing migrations: those fail [`Running::join`].
pub async fn start(config: Config, outside: Outside, shutdown: Shutdown) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.notify.listen).await.context("notify.listen")?;
    let addr = listener.local_addr()?;
    let readiness = Readiness::new();
    let admin = Admin::bind(config.notify.admin_listen, readiness.clone()).await.context("notify.admin_listen")?;
    let admin_addr = admin.local_addr();
    let mut tasks = Tasks::new(shutdown.clone());

    let Outside { clock, mut rng, keys } = outside;
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let owner = format!("notify-svc {addr} pid {}", std::process::id());
    let ids = curtail_ids::Generator::new(pool.clone(), &owner, clock.clone(), Some(readiness.latch("ids")));
    let redis = curtail_streams::connect(&config.redis).await?;
    let relay = curtail_streams::Relay::new(pool.clone(), redis, clock.clone(), &config.streams, SCHEMA);
    let seed = StdRng::from_rng(&mut rng);
    let webhooks = webhooks::App::new(&config, pool.clone(), clock.clone(), ids.clone(), relay.handle(), seed)?;
    let keys = keys.cache(SCHEMA, &config.rpc, &clock, &readiness, &mut tasks, &shutdown)?;
    let verifier = Verifier::new(&config.rpc.service_key, keys);
    let (master, wake) = (config.notify.master_key.key32(), Wake::default());
    let service = Handlers {
        pool: pool.clone(),
        clock: clock.clone(),
        signer: Signer::derive(&master),
        phones: Phones::new(pool.clone(), clock.clone(), &master, StdRng::from_rng(&mut rng), wake.clone()),
    }
    .into_server()
    .max_decoding_message_size(config.rpc.max_message_bytes)
    .max_encoding_message_size(config.rpc.max_message_bytes);
    let webhook_service = webhooks::Service::server(webhooks.clone())
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let server = curtail_rpc::Server::new(SCHEMA, &config.rpc, verifier, clock.clone())
        .add_service(service)
        .add_service(webhook_service);

    let identity = ServiceIdentity::new(SCHEMA, &config.rpc.service_key, clock.clone());
    let directory = Directory::connect(&config.rpc, identity)?;
    let intake = Intake { pool: pool.clone(), clock: clock.clone(), directory, wake: wake.clone() };
    let consumers = consumers(&config).await?;
    let writer = Arc::new(Writer::new(&config).context("notify.mail_from")?);
    let channel = Arc::new(Channel::new(&config.notify, clock.clone())?);
    let mut sender = |medium| Sender {
        pool: pool.clone(),
        clock: clock.clone(),
        medium,
        writer: Arc::clone(&writer),
        channel: Arc::clone(&channel),
        settings: config.notify.clone(),
        rng: Mutex::new(StdRng::from_rng(&mut rng)),
        wake: wake.clone(),
    };
    let (mails, texts) = (sender(Medium::Mail), sender(Medium::Text));

    tasks.spawn("grpc", server.serve(listener, readiness.clone(), shutdown.clone()));
    tasks.spawn("admin", admin.serve(shutdown.clone()));
    let database = readiness.latch("database");
    tasks.spawn("stores", async move {
        tokio::select! {
            migrated = curtail_db::wait_migrated(&pool, &MIGRATOR) => migrated?,
            () = shutdown.draining() => return Ok(()),
        }
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("relay", relay.run(shutdown.clone()));
        tasks.spawn("ids", ids.run(shutdown.clone()));
        webhooks.spawn(&config, &mut tasks, &shutdown).await?;
        for (stream, consumer) in consumers {
            let intake = intake.clone();
            let handle = move |delivery| {
                let intake = intake.clone();
                async move { intake.handle(delivery).await }
            };
            tasks.spawn(stream, consumer.run(handle, shutdown.clone()));
        }
        tasks.spawn("sender of mails", mails.run(shutdown.clone()));
        tasks.spawn("sender of texts", texts.run(shutdown.clone()));
        tasks.spawn("upkeep", upkeep::run(pool.clone(), clock, config.notify.keep_days, shutdown.clone()));
        tasks.spawn("probe", curtail_db::probe(pool, database, shutdown));
        tasks.join().await
    });
    Ok(Running { addr, admin_addr, readiness, tasks })
}

/// A consumer for each stream that mails come from.
async fn consumers(config: &Config) -> anyhow::Result<Vec<(&'static str, Consumer)>> {
    let name = format!("notify {}", config.notify.listen);
    let mut consumers = Vec::new();
    for stream in STREAMS {
        consumers.push((stream, Consumer::new(&config.redis, stream, GROUP, &name, &config.streams).await?));
    }
    Ok(consumers)
}
