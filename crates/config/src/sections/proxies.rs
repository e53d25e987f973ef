//! Section `proxies`.

use ipnet::IpNet;
use serde::Deserialize;

/// Proxies in front of the public listeners.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxies {
    /// Networks whose X-Forwarded-For is believed, for example ["10.0.0.0/8"].
    pub trusted: Vec<IpNet>,
}
