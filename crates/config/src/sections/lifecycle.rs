//! Section `lifecycle`.

use serde::Deserialize;

/// Stopping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// After the first signal: how long readiness stays off before the listeners close.
    pub drain_delay_ms: u64,
    /// How long requests in flight may take to finish.
    pub drain_timeout_ms: u64,
}
