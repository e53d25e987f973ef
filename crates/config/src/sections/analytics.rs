//! Section `analytics`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// analytics-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Analytics {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// MMDB file with country data. Empty: countries stay unknown.
    pub geo_database: String,
    /// The most clicks in one transaction.
    pub batch_clicks: usize,
    /// How long a lease on a click shard lasts without renewal.
    pub shard_lease_ms: u64,
    /// Daily partitions of raw clicks that are made ahead.
    pub partitions_ahead: u32,
}

impl Analytics {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "analytics", self.listen, self.admin_listen);
    }
}
