//! What jobs work with.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_rpc::{CallContext, Channel, ServiceIdentity};
use fred::clients::Pool;
use sqlx::PgPool;

use crate::SCHEMA;

/// How long a run goes on to begin further batches. With [`CALL`] on top it is over before it counts as lost.
const BUDGET: Duration = Duration::from_secs(4);

/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);

/// Stores, services and settings. Clones share connections.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) pool: PgPool,
    pub(crate) redis: Pool,
    pub(crate) links: LinkServiceClient<Channel>,
    pub(crate) clock: Clock,
    pub(crate) settings: curtail_config::Expiry,
    pub(crate) streams: curtail_config::Streams,
    /// All of them.
    pub(crate) stream_names: Vec<String>,
    pub(crate) shutdown: Shutdown,
}

impl Tools {
    pub(crate) async fn new(config: &Config, clock: Clock, shutdown: Shutdown) -> anyhow::Result<Self> {
        let identity = ServiceIdentity::new("expiry-worker", &config.rpc.service_key, clock.clone());
        let channel =
            curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity).context("rpc.links_url")?;
        let shards = (0..config.streams.click_shards).map(|shard| format!("clicks:{shard}"));
        Ok(Self {
            pool: curtail_db::connect(&config.database, SCHEMA).await?,
            redis: curtail_streams::connect(&config.redis).await?,
            links: LinkServiceClient::new(channel),
            clock,
            settings: config.expiry.clone(),
            streams: config.streams.clone(),
            stream_names: ["accounts", "links", "alerts"].map(ToOwned::to_owned).into_iter().chain(shards).collect(),
            shutdown,
        })
    }

    /// A call that may be made twice: a batch that was done already is not there the second time.
    pub(crate) fn call<T>(&self, message: T) -> tonic::Request<T> {
        CallContext::new(Instant::now() + CALL).read().request(message)
    }

    /// Asked between two batches of a run that began at `start`: whether there is time for another.
    pub(crate) fn may_go_on(&self, start: Instant) -> bool {
        start.elapsed() < BUDGET && !self.shutdown.is_draining()
    }
}
