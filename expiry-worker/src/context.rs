//! What a job needs and what it returns.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_rpc::{CallContext, Channel, ServiceIdentity};
use curtail_streams::topology;
use fred::clients::Pool;
use sqlx::PgPool;

use crate::SCHEMA;

/// A run starts no further batch after this time. Together with [`CALL_TIMEOUT`] it ends before it counts as lost.
const RUN_BUDGET: Duration = Duration::from_secs(4);

const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The stores, services and settings that jobs use. Clones share connections.
#[derive(Clone)]
pub(crate) struct JobContext {
    pub(crate) pool: PgPool,
    pub(crate) redis: Pool,
    pub(crate) links: LinkServiceClient<Channel>,
    pub(crate) clock: Clock,
    pub(crate) settings: curtail_config::Expiry,
    pub(crate) streams: curtail_config::Streams,
    /// The names of all streams.
    pub(crate) stream_names: Vec<String>,
    pub(crate) shutdown: Shutdown,
}

impl JobContext {
    pub(crate) async fn new(config: &Config, clock: Clock, shutdown: Shutdown) -> anyhow::Result<Self> {
        let identity = ServiceIdentity::new(SCHEMA, &config.rpc.service_key, clock.clone());
        let channel =
            curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity).context("rpc.links_url")?;
        Ok(Self {
            pool: curtail_db::connect(&config.database, SCHEMA).await?,
            redis: curtail_streams::connect(&config.redis).await?,
            links: LinkServiceClient::new(channel),
            clock,
            settings: config.expiry.clone(),
            streams: config.streams.clone(),
            stream_names: topology::all_streams(config.streams.click_shards),
            shutdown,
        })
    }

    /// A request that may be sent twice: a batch that was processed is not selected again.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        CallContext::new(Instant::now() + CALL_TIMEOUT).read().request(message)
    }

    /// Returns `true` if a run that began at `start` may process another batch.
    pub(crate) fn has_time_left(&self, start: Instant) -> bool {
        start.elapsed() < RUN_BUDGET && !self.shutdown.is_draining()
    }
}

/// What a run of a job did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// The number of items by kind, for example `links`. Kinds without items are left out.
    pub counts: BTreeMap<String, u64>,
    /// The run ended before its work did: the next run should start at once.
    pub has_more: bool,
}

impl RunReport {
    /// Adds to the count of a kind.
    pub(crate) fn count(&mut self, kind: &str, number: impl Into<u64>) {
        let number = number.into();
        if number > 0 {
            *self.counts.entry(kind.to_owned()).or_default() += number;
        }
    }

    /// The counts as text: `3 links, 2 events`.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
        if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_what_was_done() {
        let mut report = RunReport::default();
        report.count("links", 0_u32);
        assert_eq!(report.summary(), "nothing to do");
        report.count("links", 2_u32);
        report.count("links", 1_u32);
        report.count("events", 1_u32);
        assert_eq!(report.summary(), "1 events, 3 links");
    }
}
