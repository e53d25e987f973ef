//! A changed configuration, taken up without a restart.
//!
//! Requests that begin after it meet the new bounds, limits and origins; those under way, and connections that are open, end as they
//! began. What a running process can not change keeps the value it started with, and the log says so.

use std::convert::Infallible;

use curtail_config::{Config, ConfigErrors};
use tokio::signal::unix::Signal;
use tokio::sync::watch;

use crate::app::{ActiveConfig, App};
use crate::router::router;

/// Changes the configuration of a running gateway. Clones are the same.
#[derive(Clone)]
pub struct Reloader(watch::Sender<ActiveConfig>);

impl Reloader {
    /// Begins with the configuration that the process starts with.
    pub(crate) fn new(app: App) -> Self {
        Self(watch::Sender::new(active(app)))
    }

    /// What is in force, now and after each change.
    pub(crate) fn follow(&self) -> watch::Receiver<ActiveConfig> {
        self.0.subscribe()
    }

    /// Takes up what `config` says in `gateway`, `plans`, `proxies.trusted` and `domains.app_url`, and asks for the keys that
    /// sign tokens. The answer names the keys of `gateway` that differ from those at the start and need a restart.
    ///
    /// # Errors
    /// When the manifest of persisted documents can not be used; then everything stays as it is.
    pub async fn reload(&self, mut config: Config) -> anyhow::Result<Vec<&'static str>> {
        let app = self.0.borrow().app.clone();
        // What is held is never changed, so what is in force has it as it was at the start.
        let held = hold(&app.settings, &mut config.gateway);
        self.0.send_replace(active(app.reconfigured(&config)?));
        app.shared.authenticator.refresh_keys().await;
        Ok(held)
    }

    /// Reads the configuration again at each SIGHUP.
    ///
    /// - `gateway_reloads_total{outcome}`: configurations that were `taken` or `refused`
    pub(crate) async fn on_hangup(
        self,
        mut hangup: Signal,
        read: impl Fn() -> Result<Config, ConfigErrors>,
    ) -> Infallible {
        loop {
            // The stream of signals does not end.
            let _ = hangup.recv().await;
            let taken = match read() {
                Ok(config) => self.reload(config).await,
                Err(errors) => Err(errors.into()),
            };
            let outcome = if taken.is_ok() { "taken" } else { "refused" };
            metrics::counter!("gateway_reloads_total", "outcome" => outcome).increment(1);
            match taken {
                Ok(held) if held.is_empty() => tracing::info!("the configuration was read again"),
                Ok(held) => tracing::warn!(keys = ?held, "the configuration was read again; these keys need a restart"),
                Err(error) => tracing::error!(error = format!("{error:#}"), "the configuration stays as it was"),
            }
        }
    }
}

fn active(app: App) -> ActiveConfig {
    ActiveConfig { router: router(&app), app }
}

/// Gives `wanted` back what cannot change in a running process, and names what it wanted to change of that.
fn hold(started: &curtail_config::Gateway, wanted: &mut curtail_config::Gateway) -> Vec<&'static str> {
    fn keep<T: PartialEq + Clone>(started: &T, wanted: &mut T) -> bool {
        let differs = started != wanted;
        wanted.clone_from(started);
        differs
    }
    let differ = [
        ("listen", keep(&started.listen, &mut wanted.listen)),
        ("admin_listen", keep(&started.admin_listen, &mut wanted.admin_listen)),
        ("max_header_bytes", keep(&started.max_header_bytes, &mut wanted.max_header_bytes)),
        ("header_timeout_ms", keep(&started.header_timeout_ms, &mut wanted.header_timeout_ms)),
        ("max_connections", keep(&started.max_connections, &mut wanted.max_connections)),
        (
            "max_connections_per_address",
            keep(&started.max_connections_per_address, &mut wanted.max_connections_per_address),
        ),
        ("body_timeout_ms", keep(&started.body_timeout_ms, &mut wanted.body_timeout_ms)),
        ("body_bytes_per_second", keep(&started.body_bytes_per_second, &mut wanted.body_bytes_per_second)),
        ("send_timeout_ms", keep(&started.send_timeout_ms, &mut wanted.send_timeout_ms)),
        ("send_bytes_per_second", keep(&started.send_bytes_per_second, &mut wanted.send_bytes_per_second)),
        (
            "waiting_bytes_per_connection",
            keep(&started.waiting_bytes_per_connection, &mut wanted.waiting_bytes_per_connection),
        ),
        ("waiting_bytes_per_address", keep(&started.waiting_bytes_per_address, &mut wanted.waiting_bytes_per_address)),
        ("calls_per_connection", keep(&started.calls_per_connection, &mut wanted.calls_per_connection)),
        ("live_connections", keep(&started.live_connections, &mut wanted.live_connections)),
        ("live_connections_per_user", keep(&started.live_connections_per_user, &mut wanted.live_connections_per_user)),
    ];
    differ.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_restart_is_named_and_kept() {
        let started = Config::for_tests().gateway;
        let mut wanted = started.clone();
        wanted.max_depth += 1;
        assert!(hold(&started, &mut wanted).is_empty());
        assert_eq!(wanted.max_depth, started.max_depth + 1);
        wanted.live_connections += 1;
        wanted.max_header_bytes += 1;
        assert_eq!(hold(&started, &mut wanted), ["max_header_bytes", "live_connections"]);
        assert_eq!(
            (wanted.live_connections, wanted.max_header_bytes),
            (started.live_connections, started.max_header_bytes)
        );
    }
}
