//! From the configuration to a running service.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_service::{Deps, Running, ServiceHost};
use curtail_streams::Consumer;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::channel::Channel;
use crate::events::{Directory, GROUP, Intake, STREAMS};
use crate::mail::unsubscribe::Signer;
use crate::message::Writer;
use crate::phone::Phones;
use crate::rpcs::Handlers;
use crate::sender::{Sender, Wake};
use crate::store::messages::Medium;
use crate::{MIGRATOR, SCHEMA, upkeep, webhooks};

/// Binds the ports and starts every task.
///
/// # Errors
/// When a setting is unusable or a port is taken. A missing migration fails [`Running::join`]. Stores and other services that
/// are unavailable are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running> {
    let Deps { clock, mut rng, keys } = deps;
    let mut host = ServiceHost::bind(Service::Notify, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;

    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let ids = curtail_ids::Generator::new(pool.clone(), &host.instance(), clock.clone(), Some(host.latch("ids")));
    let redis = curtail_streams::connect(&config.redis).await?;
    let relay = curtail_streams::Relay::new(pool.clone(), redis, clock.clone(), &config.streams, SCHEMA);
    let seed = StdRng::from_rng(&mut rng);
    let webhooks = webhooks::App::new(&config, pool.clone(), clock.clone(), ids.clone(), relay.handle(), seed)?;
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
    host.grpc(listener, keys, |server| server.add_service(service).add_service(webhook_service))?;

    let directory = Directory::connect(&config.rpc, host.identity())?;
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

    let webhook_consumers = webhooks.consumers(&config).await?;
    let database = host.latch("database");
    host.when_migrated(pool.clone(), &MIGRATOR, move |tasks| {
        tasks.task("relay", |shutdown| relay.run(shutdown));
        tasks.task("ids", |shutdown| ids.run(shutdown));
        webhooks.spawn(webhook_consumers, tasks);
        for (stream, consumer) in consumers {
            let intake = intake.clone();
            let handle = move |delivery| {
                let intake = intake.clone();
                async move { intake.handle(delivery).await }
            };
            tasks.task(stream, |shutdown| consumer.run(handle, shutdown));
        }
        tasks.task("sender of mails", |shutdown| mails.run(shutdown));
        tasks.task("sender of texts", |shutdown| texts.run(shutdown));
        tasks.task("upkeep", |shutdown| upkeep::run(pool.clone(), clock, config.notify.keep_days, shutdown));
        tasks.task("probe", |shutdown| curtail_db::probe(pool, database, shutdown));
    });
    Ok(host.start(()))
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
