//! Section `expiry`.

use std::net::SocketAddr;

use serde::Deserialize;

/// expiry-worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
}
