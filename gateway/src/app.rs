//! Everything a request needs, wired once.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use client_ip::ClientIp;
use clock::Clock;
use fred::clients::Pool;
use lifecycle::{Readiness, Shutdown};
use rand::rngs::StdRng;
use telemetry::RequestId;
use tokio::sync::Semaphore;

use crate::auth::Authenticator;
use crate::http::cookies::Cookies;
use crate::http::host::Hosts;
use crate::http::origin::AllowedOrigins;
use crate::http::overload::Overload;
use crate::limits::{Documents, Limits, Sizes};
use crate::live::Places;
use crate::persisted::{Manifest, Persisted};
use crate::rate::address::AddressLimiter;
use crate::rate::shared::SharedLimiter;
use crate::rest::Pictures;
use crate::schema::{self, CurtailSchema};
use crate::upstreams::Upstreams;
use crate::usage::Usage;

/// Exports share the database with everybody who looks at charts.
const EXPORT_PAGES: usize = 8;

/// The state of the gateway. Clones are the same gateway.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What it consists of.
pub struct Parts {
    pub(crate) settings: config::Gateway,
    pub(crate) plans: config::Plans,
    pub(crate) schema: CurtailSchema,
    pub(crate) upstreams: Upstreams,
    pub(crate) sizes: Sizes,
    pub(crate) usage: Usage,
    pub(crate) documents: Documents,
    pub(crate) persisted: Persisted,
    pub(crate) authenticator: Authenticator,
    pub(crate) addresses: AddressLimiter,
    pub(crate) buckets: SharedLimiter,
    pub(crate) overload: Overload,
    /// Pages of exports that are fetched at once.
    pub(crate) export_pages: Semaphore,
    pub(crate) pictures: Pictures,
    pub(crate) places: Places,
    pub(crate) shutdown: Shutdown,
    pub(crate) clock: Clock,
    pub(crate) hosts: Hosts,
    pub(crate) origins: AllowedOrigins,
    pub(crate) cookies: Cookies,
    pub(crate) client_ip: ClientIp,
    ids: Mutex<StdRng>,
}

impl App {
    /// Wires the parts.
    ///
    /// # Errors
    /// When the schema does not understand its own description, or the manifest can not be used.
    pub fn new(
        config: &config::Config,
        upstreams: Upstreams,
        authenticator: Authenticator,
        redis: Pool,
        (readiness, shutdown): (&Readiness, &Shutdown),
        clock: Clock,
        rng: StdRng,
    ) -> anyhow::Result<Self> {
        let settings = config.gateway.clone();
        let schema = schema::build(upstreams.clone());
        let documents = Documents::new(Limits::from(&settings), settings.document_cache_entries);
        let manifest = Manifest::read(&settings.persisted_manifest, &documents)
            .with_context(|| format!("gateway.persisted_manifest {}", settings.persisted_manifest))?;
        let sdl = schema.sdl();
        Ok(Self(Arc::new(Parts {
            plans: config.plans.clone(),
            sizes: Sizes::from_sdl(&sdl)?,
            usage: Usage::from_sdl(&sdl, manifest.names())?,
            schema,
            upstreams,
            documents,
            persisted: Persisted::new(&settings, manifest),
            authenticator,
            addresses: AddressLimiter::new(settings.ip_per_second, settings.ip_burst),
            buckets: SharedLimiter::new(redis, settings.limiter_without_redis == "open"),
            overload: Overload::new(&settings, readiness.latch("load")),
            export_pages: Semaphore::new(EXPORT_PAGES),
            pictures: Pictures::default(),
            places: Places::new(settings.live_connections, settings.live_connections_per_user),
            shutdown: shutdown.clone(),
            hosts: Hosts::new(&config.domains.app_url, &settings.additional_hosts),
            origins: AllowedOrigins::new(&config.domains.app_url, &settings.allowed_origins),
            cookies: Cookies::new(settings.insecure_cookies, clock.clone()),
            clock,
            client_ip: ClientIp::new(config.proxies.trusted.clone()),
            ids: Mutex::new(rng),
            settings,
        })))
    }

    /// A fresh request id.
    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::generate(&mut *self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How long a request may take.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.settings.request_timeout_ms)
    }

    /// Whether browsers are told to come by https only.
    pub(crate) fn strict_transport(&self) -> bool {
        !self.settings.insecure_cookies
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
