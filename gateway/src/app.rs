//! Everything a request needs, wired once.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use curtail_clock::Clock;
use curtail_edge::{AllowedHosts, AllowedOrigins, ClientIp};
use curtail_graphql_http::{Documents, InputTypes, Manifest, Persisted, Sizes};
use curtail_lifecycle::{Latch, Shutdown};
use curtail_telemetry::RequestId;
use fred::clients::Pool;
use rand::rngs::StdRng;
use tokio::sync::Semaphore;

use crate::auth::Authenticator;
use crate::cookies::Cookies;
use crate::limits;
use crate::live::{ConnectionLimiter, LiveFeeds};
use crate::overload::Overload;
use crate::qr::Pictures;
use crate::rate::address::AddressLimiter;
use crate::rate::shared::SharedLimiter;
use crate::schema::{self, CurtailSchema};
use crate::upstreams::Upstreams;
use crate::usage::Usage;

/// Exports share the database with everybody who looks at charts.
const EXPORT_PAGES: usize = 8;

/// The gateway under one configuration. Clones share their state.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// What the next request meets.
#[derive(Clone)]
pub(crate) struct ActiveConfig {
    pub(crate) app: App,
    pub(crate) router: Router,
}

/// The state of the gateway under one configuration.
pub struct AppState {
    pub(crate) schema: CurtailSchema,
    pub(crate) settings: curtail_config::Gateway,
    pub(crate) plans: curtail_config::Plans,
    pub(crate) documents: Documents,
    pub(crate) persisted: Persisted,
    pub(crate) addresses: AddressLimiter,
    pub(crate) buckets: SharedLimiter,
    pub(crate) overload: Overload,
    pub(crate) hosts: AllowedHosts,
    pub(crate) origins: AllowedOrigins,
    pub(crate) cookies: Cookies,
    pub(crate) client_ip: ClientIp,
    /// What survives a change of the configuration.
    pub(crate) shared: SharedState,
}

/// The state that survives a change of the configuration: connections, open streams, verified credentials.
#[derive(Clone)]
pub struct SharedState {
    pub(crate) sizes: Arc<Sizes>,
    pub(crate) inputs: Arc<InputTypes>,
    pub(crate) usage: Arc<Usage>,
    pub(crate) upstreams: Upstreams,
    feeds: LiveFeeds,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) connections: ConnectionLimiter,
    /// Pages of exports that are fetched at once.
    pub(crate) export_pages: Arc<Semaphore>,
    pub(crate) pictures: Arc<Pictures>,
    pub(crate) shutdown: Shutdown,
    pub(crate) clock: Clock,
    redis: Pool,
    /// Readiness as far as load goes.
    load: Latch,
    ids: Arc<Mutex<StdRng>>,
}

impl SharedState {
    /// The parts for a process that starts with `settings`.
    ///
    /// # Errors
    /// When the schema does not understand its own description.
    pub fn new(
        settings: &curtail_config::Gateway,
        upstreams: Upstreams,
        authenticator: Authenticator,
        redis: Pool,
        (load, shutdown): (Latch, Shutdown),
        clock: Clock,
        rng: StdRng,
    ) -> anyhow::Result<Self> {
        let sdl = schema::sdl();
        Ok(Self {
            sizes: Arc::new(Sizes::from_sdl(&sdl)?),
            inputs: Arc::new(schema::inputs(&sdl)?),
            usage: Arc::new(Usage::from_sdl(&sdl)?),
            feeds: LiveFeeds::new(&upstreams),
            upstreams,
            authenticator: Arc::new(authenticator),
            connections: ConnectionLimiter::new(settings.live_connections, settings.live_connections_per_user),
            export_pages: Arc::new(Semaphore::new(EXPORT_PAGES)),
            pictures: Arc::default(),
            shutdown,
            clock,
            redis,
            load,
            ids: Arc::new(Mutex::new(rng)),
        })
    }
}

impl App {
    /// The gateway as `config` wants it.
    ///
    /// # Errors
    /// When the manifest can not be used.
    pub fn new(config: &curtail_config::Config, shared: SharedState) -> anyhow::Result<Self> {
        let settings = config.gateway.clone();
        let documents = Documents::new(limits::from_config(&settings), settings.document_cache_entries);
        let manifest = Manifest::read(&settings.persisted_manifest, &documents)
            .with_context(|| format!("gateway.persisted_manifest {}", settings.persisted_manifest))?;
        shared.usage.list(manifest.names());
        Ok(Self(Arc::new(AppState {
            schema: schema::build(shared.upstreams.clone(), shared.feeds.clone(), settings.development),
            plans: config.plans.clone(),
            documents,
            persisted: Persisted::new(limits::persisted(&settings), manifest),
            addresses: AddressLimiter::new(settings.ip_per_second, settings.ip_burst),
            buckets: SharedLimiter::new(shared.redis.clone(), settings.limiter_without_redis == "open"),
            overload: Overload::new(&settings, shared.load.clone()),
            hosts: AllowedHosts::new(&config.domains.app_url, &settings.additional_hosts),
            origins: AllowedOrigins::new(&config.domains.app_url, &settings.allowed_origins),
            cookies: Cookies::new(settings.insecure_cookies, shared.clock.clone()),
            client_ip: ClientIp::new(config.proxies.trusted.clone()),
            settings,
            shared,
        })))
    }

    /// The same gateway as another `config` wants it.
    ///
    /// # Errors
    /// Those of [`App::new`].
    pub fn reconfigured(&self, config: &curtail_config::Config) -> anyhow::Result<Self> {
        Self::new(config, self.shared.clone())
    }

    /// A fresh request id.
    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::generate(&mut *self.shared.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How long a request may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.request_timeout_ms)
    }

    /// Whether browsers are told to come by https only.
    pub(crate) fn strict_transport(&self) -> bool {
        !self.settings.insecure_cookies
    }
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}
