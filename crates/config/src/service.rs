//! The services by name.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use crate::Config;

/// A service. Its name is the same everywhere: command line, configuration section, RPC identity, PostgreSQL schema, prefix
/// of metrics, `service` in logs, consumer group of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Service {
    Auth,
    Shortener,
    Analytics,
    Search,
    Notify,
    Expiry,
    Redirector,
    Gateway,
}

impl Service {
    /// All of them, callees before callers.
    pub const ALL: [Self; 8] = [
        Self::Auth,
        Self::Shortener,
        Self::Analytics,
        Self::Search,
        Self::Notify,
        Self::Expiry,
        Self::Redirector,
        Self::Gateway,
    ];

    /// The one name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Shortener => "shortener",
            Self::Analytics => "analytics",
            Self::Search => "search",
            Self::Notify => "notify",
            Self::Expiry => "expiry",
            Self::Redirector => "redirector",
            Self::Gateway => "gateway",
        }
    }

    /// Where it listens for its callers, if it has any.
    pub fn listen(self, config: &Config) -> Option<SocketAddr> {
        match self {
            Self::Auth => Some(config.auth.listen),
            Self::Shortener => Some(config.shortener.listen),
            Self::Analytics => Some(config.analytics.listen),
            Self::Search => Some(config.search.listen),
            Self::Notify => Some(config.notify.listen),
            Self::Expiry => None,
            Self::Redirector => Some(config.redirector.listen),
            Self::Gateway => Some(config.gateway.listen),
        }
    }

    /// Where it serves health and metrics.
    pub fn admin_listen(self, config: &Config) -> SocketAddr {
        match self {
            Self::Auth => config.auth.admin_listen,
            Self::Shortener => config.shortener.admin_listen,
            Self::Analytics => config.analytics.admin_listen,
            Self::Search => config.search.admin_listen,
            Self::Notify => config.notify.admin_listen,
            Self::Expiry => config.expiry.admin_listen,
            Self::Redirector => config.redirector.admin_listen,
            Self::Gateway => config.gateway.admin_listen,
        }
    }

    /// The secrets without which it does not start.
    pub fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &["rpc.service_key", "auth.master_key"],
            Self::Redirector => &["rpc.service_key", "redirector.visitor_key"],
            Self::Notify => &["rpc.service_key", "notify.master_key"],
            Self::Shortener | Self::Analytics | Self::Search | Self::Expiry | Self::Gateway => &["rpc.service_key"],
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is not one of a service.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no service is called {0:?}")]
pub struct UnknownService(String);

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(name: &str) -> Result<Self, UnknownService> {
        Self::ALL.into_iter().find(|service| service.name() == name).ok_or_else(|| UnknownService(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_name_and_no_other() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
            assert!(crate::DEFAULT.contains(&format!("\n[{service}]\n")), "{service} has no section");
        }
        assert!("shortener-svc".parse::<Service>().is_err());
    }
}
