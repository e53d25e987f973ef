//! The services of this version, as the launcher sees them.

use std::net::SocketAddr;

use clap::ValueEnum;
use curtail_config::Config;
use curtail_lifecycle::Shutdown;
use sqlx::migrate::Migrator;

/// A service that `curtail up` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    /// auth-svc
    Auth,
    /// shortener-svc
    Shortener,
    /// analytics-svc
    Analytics,
    /// search-worker
    Search,
    /// notify-svc
    Notify,
    /// expiry-worker
    Expiry,
    /// redirector-svc
    Redirector,
    /// gateway
    Gateway,
}

impl Service {
    /// All of them, callees before callers.
    pub(crate) const ALL: [Self; 8] = [
        Self::Auth,
        Self::Shortener,
        Self::Analytics,
        Self::Search,
        Self::Notify,
        Self::Expiry,
        Self::Redirector,
        Self::Gateway,
    ];

    /// The name on the command line, in logs and in metrics.
    pub(crate) fn name(self) -> &'static str {
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
    pub(crate) fn listen(self, config: &Config) -> Option<SocketAddr> {
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

    /// Where it answers for its health.
    pub(crate) fn admin_listen(self, config: &Config) -> SocketAddr {
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
    pub(crate) fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &["rpc.service_key", "auth.master_key"],
            Self::Redirector => &["rpc.service_key", "redirector.visitor_key"],
            Self::Notify => &["rpc.service_key", "notify.master_key"],
            Self::Shortener | Self::Analytics | Self::Search | Self::Expiry | Self::Gateway => &["rpc.service_key"],
        }
    }

    /// Runs it until `shutdown`.
    ///
    /// # Errors
    /// What made it stop.
    pub(crate) async fn run(self, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
        match self {
            Self::Auth => auth_svc::run(config, shutdown).await,
            Self::Shortener => shortener_svc::run(config, shutdown).await,
            Self::Analytics => analytics_svc::run(config, shutdown).await,
            Self::Search => search_worker::run(config, shutdown).await,
            Self::Notify => notify_svc::run(config, shutdown).await,
            Self::Expiry => expiry_worker::run(config, shutdown).await,
            Self::Redirector => redirector_svc::run(config, shutdown).await,
            Self::Gateway => gateway::run(config, shutdown).await,
        }
    }
}

/// Brings the schema of every service that owns one up to date.
///
/// # Errors
/// When a migration fails; those before it are kept.
pub(crate) async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    auth_svc::migrate(database).await?;
    shortener_svc::migrate(database).await?;
    analytics_svc::migrate(database).await?;
    notify_svc::migrate(database).await?;
    expiry_worker::migrate(database).await?;
    Ok(())
}

/// The schemas of this version with the migrations that belong there.
pub(crate) fn schemas() -> [(&'static str, &'static Migrator); 5] {
    [
        (auth_svc::SCHEMA, &auth_svc::MIGRATOR),
        (shortener_svc::SCHEMA, &shortener_svc::MIGRATOR),
        (analytics_svc::SCHEMA, &analytics_svc::MIGRATOR),
        (notify_svc::SCHEMA, &notify_svc::MIGRATOR),
        (expiry_worker::SCHEMA, &expiry_worker::MIGRATOR),
    ]
}
