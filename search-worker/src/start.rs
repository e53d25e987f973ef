//! From the configuration to a running service.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::{Admin, Readiness, Shutdown, Tasks};
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::search::v1::search_service_server::SearchServiceServer;
use curtail_rpc::{Keys, ServiceIdentity, Verifier};
use tokio::net::TcpListener;

use crate::NAME;
use crate::engine::Engine;
use crate::feed::Feed;
use crate::rebuild::{Builder, Rebuilds};
use crate::rpcs::Search;

/// How often the size of the index is measured.
const MEASURE: Duration = Duration::from_secs(15);

/// How often the files are rid of deleted links, and how soon after a failure.
const SHED_EVERY: Duration = Duration::from_secs(24 * 3_600);
const SHED_AGAIN: Duration = Duration::from_secs(600);

/// What a process has of the world outside of its configuration; tests choose it.
pub struct Outside {
    /// What time it is.
    pub clock: Clock,
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
/// When the configuration does not work out, a port is taken or another process has the index. Stores and peers that are away are
/// waited for.
pub async fn run(config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let running = start(config, Outside { clock: Clock::system(), keys: Keys::Fetched }, shutdown).await?;
    tracing::info!(addr = %running.addr, admin = %running.admin_addr, "finding links");
    running.join().await
}

/// Takes the ports and starts every task. It is ready once there is an index.
///
/// # Errors
/// As for [`run`].
pub async fn start(config: Config, outside: Outside, shutdown: Shutdown) -> anyhow::Result<Running> {
    let Outside { clock, keys } = outside;
    let listener = TcpListener::bind(config.search.listen).await.context("search.listen")?;
    let addr = listener.local_addr()?;
    let readiness = Readiness::new();
    let admin = Admin::bind(config.search.admin_listen, readiness.clone()).await.context("search.admin_listen")?;
    let admin_addr = admin.local_addr();
    let mut tasks = Tasks::new(shutdown.clone());

    let (settings, time) = (config.search.clone(), clock.clone());
    let engine = tokio::task::spawn_blocking(move || Engine::of(&settings, time)).await??;
    let feed = Feed::new(&config, engine.clone(), clock.clone()).await?;
    let identity = ServiceIdentity::new(NAME, &config.rpc.service_key, clock.clone());
    let links = LinkServiceClient::new(curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity)?)
        .max_decoding_message_size(config.rpc.max_message_bytes);
    let rebuilds = Rebuilds::default();
    let builder = Builder {
        engine: engine.clone(),
        links,
        clock: clock.clone(),
        rebuilds: rebuilds.clone(),
        latch: readiness.latch("index"),
    };

    let keys = keys.cache(NAME, &config.rpc, &clock, &readiness, &mut tasks, &shutdown)?;
    let verifier = Verifier::new(&config.rpc.service_key, keys);
    let service = SearchServiceServer::new(Search { engine: engine.clone(), rebuilds, clock: clock.clone() })
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let server = curtail_rpc::Server::new(NAME, &config.rpc, verifier, clock).add_service(service);

    tasks.spawn("grpc", server.serve(listener, readiness.clone(), shutdown.clone()));
    tasks.spawn("admin", admin.serve(shutdown.clone()));
    tasks.spawn("feed", feed.run(shutdown.clone()));
    tasks.spawn("rebuild", builder.run(shutdown.clone()));
    tasks.spawn("shed", shed(engine.clone(), shutdown.clone()));
    tasks.spawn("size", measure(engine, shutdown));
    Ok(Running { addr, admin_addr, readiness, tasks })
}

/// Has the index drop what was changed or deleted, at the start and then every day.
async fn shed(engine: Engine, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        let pause = match engine.shed().await {
            Ok(()) => SHED_EVERY,
            Err(error) => {
                tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "deleted links stay in the files");
                SHED_AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}

/// Sets `search_index_links` and `search_index_bytes`.
async fn measure(engine: Engine, shutdown: Shutdown) -> anyhow::Result<()> {
    while !shutdown.is_draining() {
        if let Ok((links, bytes)) = engine.size().await {
            metrics::gauge!("search_index_links").set(links as f64);
            metrics::gauge!("search_index_bytes").set(bytes as f64);
        }
        tokio::select! {
            () = tokio::time::sleep(MEASURE) => {}
            () = shutdown.draining() => {}
        }
    }
    Ok(())
}
