//! From the configuration to a running service.

use std::path::Path;
use std::sync::Arc;

use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_service::{Deps, Running, ServiceHost};
use curtail_streams::{Consumer, topology};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::alerts::Alerts;
use crate::alerts::spikes::Rule;
use crate::clicks::{GROUP, Shards};
use crate::enrich::Geo;
use crate::fold::{self, Folding};
use crate::live::{Publisher, Rooms, Watched};
use crate::retention::Retention;
use crate::rpc::{Analytics, Live};
use crate::{MIGRATOR, SCHEMA, erasure, links, upkeep};

/// Binds the ports and starts every task.
///
/// # Errors
/// When a setting is unusable or a port is taken. A missing migration fails [`Running::join`]. Stores and other services that
/// are unavailable are waited for.
pub async fn start(config: Config, deps: Deps, shutdown: Shutdown) -> anyhow::Result<Running> {
    let Deps { clock, mut rng, keys } = deps;
    let mut host = ServiceHost::bind(Service::Analytics, &config, &clock, shutdown).await?;
    let listener = host.listen().await?;

    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    let geo = geo(&config.analytics.geo_database)?;
    let owner = format!("{} {:016x}", host.addr(), rng.random::<u64>());
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

    let retention = Retention::of(&config.analytics);
    let service = Analytics { pool: pool.clone(), clock: clock.clone(), retention }
        .into_server()
        .max_decoding_message_size(config.rpc.max_message_bytes)
        .max_encoding_message_size(config.rpc.max_message_bytes);
    let live = Live { rooms: Arc::clone(&rooms) }.into_server();
    host.grpc(listener, keys, |server| server.add_service(service).add_service(live))?;

    let folding = Folding {
        pool: pool.clone(),
        clock: clock.clone(),
        retention,
        after: time::Duration::hours(config.analytics.fold_after_hours.into()),
        late: fold::LATE,
    };

    host.task("live", |shutdown| rooms.run(shutdown));
    host.task("live publisher", |shutdown| Publisher::run(picked, subscriber, shutdown));
    let database = host.latch("database");
    let ahead = config.analytics.partitions_ahead;
    host.when_migrated(pool.clone(), &MIGRATOR, move |tasks| {
        shards.spawn(tasks);
        tasks.task("relay", |shutdown| relay.run(shutdown));
        tasks.task("alerts", |shutdown| alerts.run(shutdown));
        tasks.task("links", |shutdown| links::run(link_events, pool.clone(), shutdown));
        tasks.task("erasure", |shutdown| erasure::run(account_events, pool.clone(), clock.clone(), shutdown));
        tasks.task("upkeep", |shutdown| upkeep::run(pool.clone(), clock, ahead, retention, shutdown));
        tasks.task("folding", |shutdown| folding.run(shutdown));
        tasks.task("probe", |shutdown| curtail_db::probe(pool, database, shutdown));
    });
    Ok(host.start(()))
}

fn geo(path: &str) -> anyhow::Result<Option<Arc<Geo>>> {
    if path.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(Geo::open(Path::new(path))?)))
}
