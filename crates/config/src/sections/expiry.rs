//! Section `expiry`.

use std::net::SocketAddr;

use serde::Deserialize;

/// expiry-worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// How often links whose time is over are looked for, to tell of them; redirects stop at once.
    pub expire_interval_ms: u64,
    /// How long before a link expires its owner is told, in hours; 0: not at all.
    pub warn_hours: u32,
    /// Days after its deletion in which a link can be restored; then it moves to the archive.
    pub archive_after_days: u32,
    /// Days for which the records of runs are kept.
    pub runs_retention_days: u32,
}
