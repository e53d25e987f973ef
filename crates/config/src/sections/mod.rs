//! One struct for each section of the default file, field by field.

mod analytics;
mod auth;
mod database;
mod domains;
mod expiry;
mod gateway;
mod lifecycle;
mod notify;
mod plans;
mod proxies;
mod redirector;
mod redis;
mod rpc;
mod search;
mod shortener;
mod streams;
mod telemetry;
mod webhooks;

use serde::Deserialize;

pub use self::{
    analytics::Analytics,
    auth::Auth,
    database::Database,
    domains::Domains,
    expiry::Expiry,
    gateway::Gateway,
    lifecycle::Lifecycle,
    notify::Notify,
    plans::{Plan, Plans},
    proxies::Proxies,
    redirector::Redirector,
    redis::Redis,
    rpc::Rpc,
    search::Search,
    shortener::Shortener,
    streams::Streams,
    telemetry::Telemetry,
    webhooks::Webhooks,
};
use crate::ConfigErrors;

/// The whole configuration. Obtained by [`Config::load`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// PostgreSQL.
    pub database: Database,
    /// Redis, which carries the streams and the shared caches.
    pub redis: Redis,
    /// Event and click streams.
    pub streams: Streams,
    /// Logs and traces.
    pub telemetry: Telemetry,
    /// Stopping.
    pub lifecycle: Lifecycle,
    /// Calls between services.
    pub rpc: Rpc,
    /// Short domains and our own addresses.
    pub domains: Domains,
    /// Proxies in front of the public listeners.
    pub proxies: Proxies,
    /// auth-svc.
    pub auth: Auth,
    /// What workspaces may use, by plan.
    pub plans: Plans,
    /// shortener-svc.
    pub shortener: Shortener,
    /// redirector-svc.
    pub redirector: Redirector,
    /// analytics-svc.
    pub analytics: Analytics,
    /// search-worker.
    pub search: Search,
    /// notify-svc.
    pub notify: Notify,
    /// Webhooks, which notify-svc sends.
    pub webhooks: Webhooks,
    /// expiry-worker.
    pub expiry: Expiry,
    /// gateway.
    pub gateway: Gateway,
}

impl Config {
    /// Checks what one value alone can not tell: forms, choices and relations between keys.
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        self.database.check(errors);
        self.redis.check(errors);
        self.telemetry.check(errors);
        self.rpc.check(errors);
        self.domains.check(errors);
        self.auth.check(errors);
        self.shortener.check(errors);
        self.redirector.check(errors);
        self.analytics.check(errors);
        self.search.check(errors);
        self.notify.check(errors);
        self.webhooks.check(errors);
        self.gateway.check(errors);
    }
}
