//! Section `rpc`.

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// Calls between services.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rpc {
    /// Secret: 32 bytes in hexadecimal, the same for all services. Signs and checks the calls that services make for
    /// themselves.
    pub service_key: Secret,
    /// Where the services are.
    pub auth_url: String,
    /// Where the services are.
    pub links_url: String,
    /// Where the services are.
    pub analytics_url: String,
    /// Where the services are.
    pub search_url: String,
    /// Where the services are.
    pub notify_url: String,
    /// How long a read may take.
    pub read_timeout_ms: u64,
    /// How long a write may take.
    pub write_timeout_ms: u64,
    /// Share of calls that may be retried once, in per cent.
    pub retry_budget_percent: u32,
    /// Retries per second that are allowed on top of that share.
    pub retry_floor_per_second: u32,
    /// The circuit opens when this share of the calls in a window failed, in per cent.
    pub breaker_failure_percent: u32,
    /// Fewer calls than this in a window never open it; so many failures in a row always do.
    pub breaker_min_calls: u32,
    /// Length of that window.
    pub breaker_window_ms: u64,
    /// The first pause of an open circuit; it doubles up to breaker_open_max_ms, and ends early when the service's health check
    /// works again.
    pub breaker_open_ms: u64,
    /// The longest pause of an open circuit.
    pub breaker_open_max_ms: u64,
    /// Calls in flight of one process to one service.
    pub max_in_flight: usize,
    /// Open streams of one process to one service, and of one service from all.
    pub max_streams: usize,
    /// Open connections of one service's gRPC port; fewer where the system allows fewer open files.
    pub max_connections: usize,
    /// Of them, those of one address (of IPv6: of one /64). The oldest idle connection is closed for a new one.
    pub max_connections_per_address: usize,
    /// How long a client may take for its first header block, and for each later one.
    pub header_timeout_ms: u64,
    /// Open streams of a connection before a token was verified on it.
    pub unverified_streams: u32,
    /// The longest life of a stream; then its reader opens it again.
    pub stream_max_seconds: u64,
    /// The largest message in bytes.
    pub max_message_bytes: usize,
}

impl Rpc {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::key32(errors, "rpc.service_key", &self.service_key);
        forms::origin(errors, "rpc.auth_url", &self.auth_url);
        forms::origin(errors, "rpc.links_url", &self.links_url);
        forms::origin(errors, "rpc.analytics_url", &self.analytics_url);
        forms::origin(errors, "rpc.search_url", &self.search_url);
        forms::origin(errors, "rpc.notify_url", &self.notify_url);
        forms::ordered(
            errors,
            ("rpc.breaker_open_ms", self.breaker_open_ms),
            ("rpc.breaker_open_max_ms", self.breaker_open_max_ms),
        );
    }
}
