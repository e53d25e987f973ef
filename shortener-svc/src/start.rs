//! From the configuration to a running service.

use std::sync::{Arc, Mutex};

use curtail_clock::Clock;
use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::link_service_server::LinkServiceServer;
use curtail_service::{Deps, Running, ServiceHost};
use curtail_streams::{Consumer, topology};
use rand::CryptoRng;
use sqlx::PgPool;

use crate::app::App;
use crate::code::Codes;
use crate::destination::Rules;
use crate::domains::Domains;
use crate::group_commit::GroupCommit;
use crate::live::Rooms;
use crate::rpcs::{LinkLive, Links};
use crate::store::usage::Slots;
use crate::{SCHEMA, erasure, upkeep};

/// Binds the ports and starts every task.
///
/// # Errors
/// When a setting is unusable or a port is taken. A missing migration fails [`Running::join`]. Stores and other services that
/// are unavailable are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running> {
    let Deps { clock, rng, keys } = deps;
    let mut host = ServiceHost::bind(Service::Shortener, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;

    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let ids = curtail_ids::Generator::new(pool.clone(), &host.instance(), clock.clone(), Some(host.latch("ids")));
    let relay = curtail_streams::Relay::new(pool.clone(), redis, clock.clone(), &config.streams, SCHEMA);
    let app = Arc::new(app(&config, pool.clone(), clock.clone(), rng, ids.clone(), relay.handle())?);
    let consumer = format!("shortener {}", config.shortener.listen);
    let accounts =
        Consumer::new(&config.redis, topology::ACCOUNTS, topology::group::LINKS, &consumer, &config.streams).await?;

    let service = LinkServiceServer::new(Links::new(Arc::clone(&app)))
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let rooms = Arc::<Rooms>::default();
    let live = LinkLive { rooms: Arc::clone(&rooms) }.into_server();
    host.grpc(listener, keys, |server| server.add_service(service).add_service(live))?;

    let (database, ahead) = (host.latch("database"), config.shortener.partitions_ahead);
    host.task("upkeep", |shutdown| upkeep::run(Arc::clone(&app), ahead, database, shutdown));
    host.task("erasure", |shutdown| erasure::run(app, accounts, shutdown));
    host.task("ids", |shutdown| ids.run(shutdown));
    host.task("relay", |shutdown| relay.run(shutdown));
    host.task("live", |shutdown| rooms.run(config.redis, shutdown));
    Ok(host.start(()))
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
