//! What the launcher knows of the services of this version: how each starts and which schemas they own.

use curtail_config::{Config, Service};
use curtail_lifecycle::Shutdown;
use curtail_service::Deps;
use sqlx::migrate::Migrator;

/// Runs a service until `shutdown`.
///
/// # Errors
/// When it cannot start, or a task of it failed.
pub(crate) async fn run(service: Service, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    let deps = Deps::system();
    match service {
        Service::Auth => auth_svc::start(config, deps, shutdown).await?.join().await,
        Service::Shortener => shortener_svc::start(config, deps, shutdown).await?.join().await,
        Service::Analytics => analytics_svc::start(config, deps, shutdown).await?.join().await,
        Service::Search => search_worker::start(config, deps, shutdown).await?.join().await,
        Service::Notify => notify_svc::start(config, deps, shutdown).await?.join().await,
        Service::Expiry => expiry_worker::start(config, deps, shutdown).await?.join().await,
        Service::Redirector => redirector_svc::start(config, deps, shutdown).await?.join().await,
        Service::Gateway => gateway::run(config, deps, shutdown).await,
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
