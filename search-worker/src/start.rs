//! From the configuration to a running service.

use std::time::Duration;

use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::search::v1::search_service_server::SearchServiceServer;
use curtail_service::{Deps, Running, ServiceHost};

use crate::engine::Engine;
use crate::feed::Feed;
use crate::rebuild::{Builder, Rebuilds};
use crate::rpcs::Search;

/// How often the size of the index is measured.
const MEASURE: Duration = Duration::from_secs(15);

/// How often the files are rid of deleted links, and how soon after a failure.
const SHED_EVERY: Duration = Duration::from_secs(24 * 3_600);
const SHED_AGAIN: Duration = Duration::from_secs(600);

/// Binds the ports and starts every task. It is ready once there is an index.
///
/// # Errors
/// When a setting is unusable, a port is taken or another process has the index. Stores and other services that are
/// unavailable are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running> {
    let Deps { clock, rng: _, keys } = deps;
    let mut host = ServiceHost::bind(Service::Search, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;

    let (settings, time) = (config.search.clone(), clock.clone());
    let engine = tokio::task::spawn_blocking(move || Engine::of(&settings, time)).await??;
    let feed = Feed::new(&config, engine.clone(), clock.clone()).await?;
    let channel = curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, host.identity())?;
    let links = LinkServiceClient::new(channel).max_decoding_message_size(config.rpc.max_message_bytes);
    let rebuilds = Rebuilds::default();
    let builder = Builder {
        engine: engine.clone(),
        links,
        clock: clock.clone(),
        rebuilds: rebuilds.clone(),
        latch: host.latch("index"),
    };

    let service = SearchServiceServer::new(Search { engine: engine.clone(), rebuilds, clock })
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    host.grpc(listener, keys, |server| server.add_service(service))?;

    host.task("feed", |shutdown| feed.run(shutdown));
    host.task("rebuild", |shutdown| builder.run(shutdown));
    host.task("shed", |shutdown| shed(engine.clone(), shutdown));
    host.task("size", |shutdown| measure(engine, shutdown));
    Ok(host.start(()))
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
        shutdown.sleep(pause).await;
    }
    Ok(())
}

/// Sets `search_index_links` and `search_index_bytes`.
async fn measure(engine: Engine, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        if let Ok((links, bytes)) = engine.size().await {
            metrics::gauge!("search_index_links").set(links as f64);
            metrics::gauge!("search_index_bytes").set(bytes as f64);
        }
        if !shutdown.sleep(MEASURE).await {
            return Ok(());
        }
    }
}
