//! A redirector with everything around it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use curtail_clock::Clock;
use curtail_config::{Config, Secret};
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::{Envelope, LinkSnapshot, LinkUpdated, envelope::Payload};
use curtail_proto::links::v1::Target;
use curtail_service::{Deps, Running};
use curtail_testkit::{PrivateRedis, until};
use fred::clients::Pool;
use prost::Message as _;
use redirector_svc::cache::Links;

use super::{Answer, Owner, PATIENCE, get};

/// A redirector that hears of changes, and the owner it asks.
pub struct Site {
    pub addr: SocketAddr,
    pub admin: SocketAddr,
    pub config: Config,
    pub owner: Owner,
    pub redis: Pool,
    pub shutdown: Shutdown,
    /// Only for tests that break it.
    pub server: Option<PrivateRedis>,
    pub running: Option<Running<Arc<Links>>>,
    _spool: tempfile::TempDir,
}

impl Site {
    /// With the default settings but no limits.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With changed settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(curtail_testkit::redis().await, None, Clock::system(), change).await
    }

    /// With a clock of the test's.
    pub async fn at(clock: Clock) -> Self {
        Self::on(curtail_testkit::redis().await, None, clock, |_| {}).await
    }

    /// With a Redis of its own.
    pub async fn alone(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap().keep();
        let server = PrivateRedis::start(dir, curtail_testkit::free_port()).await.unwrap();
        Self::on(server.config(0), Some(server), Clock::system(), change).await
    }

    async fn on(
        redis: curtail_config::Redis,
        server: Option<PrivateRedis>,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        // Installs the recorder, without which handles of metrics lead nowhere.
        curtail_telemetry::render_metrics();
        let owner = Owner::start("127.0.0.1:0".parse().unwrap(), clock.clone()).await;
        let spool = tempfile::tempdir().unwrap();
        let mut config = Config::for_tests();
        config.redis = redis;
        config.rpc.links_url = format!("http://{}", owner.addr);
        config.redirector.spool_dir = spool.path().to_string_lossy().into_owned();
        config.redirector.threads = 2;
        config.redirector.ip_per_second = 0;
        config.redirector.not_found_per_minute = 0;
        // So that a busy machine does not look like an unavailable owner.
        config.redirector.fill_timeout_ms = 5000;
        change(&mut config);
        let shutdown = Shutdown::configured(&config.lifecycle);
        let running =
            redirector_svc::start(config.clone(), Deps { clock, ..Deps::system() }, shutdown.clone()).await.unwrap();
        let site = Self {
            addr: running.addr,
            admin: running.admin_addr,
            redis: curtail_streams::connect(&config.redis).await.unwrap(),
            config,
            owner,
            shutdown,
            server,
            running: Some(running),
            _spool: spool,
        };
        site.until_followed(true).await;
        site
    }

    pub async fn until_followed(&self, followed: bool) {
        let links = self.running.as_ref().unwrap().app.clone();
        until(async || links.is_followed() == followed, PATIENCE, "link events are followed, or not").await;
    }

    /// Visits a path.
    pub async fn get(&self, path: &str) -> Answer {
        get(self.addr, path, &[]).await
    }

    /// The owner has a link from now on, and says so.
    pub async fn publish(&self, target: &Target) {
        self.owner.put(target.clone());
        self.announce(target).await;
    }

    /// Publishes an event with `target`, whatever the owner has.
    pub async fn announce(&self, target: &Target) {
        let snapshot = Some(LinkSnapshot { link: None, target: Some(target.clone()) });
        let envelope = Envelope {
            event_id: vec![1; 16],
            payload: Some(Payload::LinkUpdated(LinkUpdated { snapshot })),
            ..Envelope::default()
        };
        let fields = vec![(curtail_streams::ENVELOPE_FIELD, Bytes::from(envelope.encode_to_vec()))];
        curtail_streams::append(&self.redis, "links", fields).await.unwrap();
    }

    /// Waits until a visit of `path` is answered with `status`.
    pub async fn until_status(&self, path: &str, status: u16) {
        until(async || self.get(path).await.status == status, PATIENCE, &format!("{path} answers {status}")).await;
    }

    /// Waits until `path` leads to `url`.
    pub async fn until_location(&self, path: &str, url: &str) {
        until(async || self.get(path).await.location() == url, PATIENCE, &format!("{path} leads to {url}")).await;
    }

    /// The settings that the real binary needs to be this site's redirector.
    pub fn environment(&self, addr: SocketAddr) -> Vec<(&'static str, String)> {
        let redirector = &self.config.redirector;
        let secret = |secret: &Secret| secret.expose().to_owned();
        vec![
            ("REDIS_URL", secret(&self.config.redis.url)),
            ("CURTAIL_RPC__SERVICE_KEY", secret(&self.config.rpc.service_key)),
            ("CURTAIL_RPC__LINKS_URL", self.config.rpc.links_url.clone()),
            ("CURTAIL_AUTH__MASTER_KEY", secret(&self.config.auth.master_key)),
            ("CURTAIL_REDIRECTOR__VISITOR_KEY", secret(&redirector.visitor_key)),
            ("CURTAIL_REDIRECTOR__LISTEN", addr.to_string()),
            ("CURTAIL_REDIRECTOR__ADMIN_LISTEN", format!("127.0.0.1:{}", curtail_testkit::free_port())),
            ("CURTAIL_REDIRECTOR__SPOOL_DIR", redirector.spool_dir.clone()),
            ("CURTAIL_REDIRECTOR__IP_PER_SECOND", "0".to_owned()),
            ("CURTAIL_REDIRECTOR__FILL_TIMEOUT_MS", "5000".to_owned()),
            ("CURTAIL_TELEMETRY__LOG_FILTER", "warn".to_owned()),
        ]
    }

    /// Stops the redirector and waits until it has.
    pub async fn stop(&mut self) {
        self.shutdown.begin();
        self.running.take().unwrap().join().await.unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.abort();
        self.owner.stop();
    }
}
