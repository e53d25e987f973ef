//! Looking a code up.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::{ConsumeClickRequest, ConsumeClickResponse, Target};
use tokio::runtime::Handle;

use super::fill::RefreshSource;
use super::freshness::{Age, Freshness, Watch};
use super::local::Local;
use super::single_flight::SingleFlight;
use super::{CachedLink, DomainId, Key, KeyRef, Shared, Unavailable};
use crate::links::Entry;
use crate::metrics::Metrics;

/// The longest that a visitor waits for an entry to be confirmed.
const CHECK_TIMEOUT: Duration = Duration::from_millis(150);
/// How long after the owner's deadline an answer from elsewhere is still waited for.
const GRACE: Duration = Duration::from_millis(15);
/// The longest that a visitor waits for a click of a limited link.
const CONSUME_TIMEOUT: Duration = Duration::from_millis(1000);

/// The bounds of the cache.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Entries in the process.
    pub entries: usize,
    /// Life of an entry at first, and at most.
    pub ttl: Duration,
    /// Life of a popular entry.
    pub ttl_max: Duration,
    /// Life of the knowledge that a code does not exist.
    pub negative_ttl: Duration,
    /// The longest that a visitor waits for a code that is not in the process.
    pub fill_timeout: Duration,
}

/// The links that this process knows.
pub struct Links {
    pub(super) settings: Settings,
    pub(super) local: Local,
    pub(super) shared: Shared,
    pub(super) owner: LinkServiceClient<curtail_rpc::Channel>,
    pub(super) watch: Watch,
    pub(super) metrics: Arc<Metrics>,
    flights: Arc<SingleFlight>,
    /// Where requests run; serving threads have runtimes of their own.
    runtime: Handle,
    domains: Vec<String>,
}

/// The result of a look-up in the process.
pub enum CacheLookup {
    /// Use it.
    Hit(Arc<CachedLink>),
    /// Get it by [`Links::fetch`].
    Miss,
    /// Confirm it by [`Links::confirm`].
    Stale(Arc<CachedLink>),
}

impl Links {
    /// For `domains`, whose indices are [`DomainId`]s. Requests run on the current runtime.
    pub fn new(
        settings: Settings,
        domains: Vec<String>,
        shared: Shared,
        owner: LinkServiceClient<curtail_rpc::Channel>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            local: Local::new(settings.entries),
            settings,
            shared,
            owner,
            watch: Watch::new(),
            metrics,
            flights: Arc::default(),
            runtime: Handle::current(),
            domains,
        }
    }

    /// Looks a code up in the process only.
    pub fn peek(self: &Arc<Self>, key: KeyRef<'_>) -> CacheLookup {
        let Some(cached) = self.local.get(key) else {
            self.metrics.local_misses.increment(1);
            return CacheLookup::Miss;
        };
        let now_ms = self.watch.now_ms();
        match self.watch.judge(&cached.age, now_ms, cached.entry.link.is_none()) {
            Freshness::Fresh => {}
            Freshness::Unverified => return CacheLookup::Stale(cached),
            Freshness::Expired => {
                cached.age.tried_ms.store(now_ms, Ordering::Relaxed);
                let _ = self.start(&key.to_key(), RefreshSource::Owner, self.settings.fill_timeout);
            }
        }
        self.metrics.local_hits.increment(1);
        CacheLookup::Hit(cached)
    }

    /// Requests a code that is not in the process, within the fill timeout.
    pub async fn fetch(self: &Arc<Self>, key: Key) -> Result<Arc<CachedLink>, Unavailable> {
        let start = Instant::now();
        let timeout = self.settings.fill_timeout;
        let flight = self.start(&key, RefreshSource::Any, timeout)?;
        let result =
            tokio::time::timeout(timeout + GRACE, SingleFlight::wait(flight)).await.unwrap_or(Err(Unavailable));
        self.metrics.fill_seconds.record(start.elapsed());
        result
    }

    /// Asks shortener-svc whether `cached` is current. Without a response in time, `cached` is used as it is.
    pub async fn confirm(self: &Arc<Self>, key: Key, cached: Arc<CachedLink>) -> Arc<CachedLink> {
        let confirmed = match self.start(&key, RefreshSource::Owner, CHECK_TIMEOUT) {
            Ok(flight) => {
                tokio::time::timeout(CHECK_TIMEOUT, SingleFlight::wait(flight)).await.unwrap_or(Err(Unavailable))
            }
            Err(unavailable) => Err(unavailable),
        };
        confirmed.unwrap_or_else(|Unavailable| {
            cached.age.tried_ms.store(self.watch.now_ms(), Ordering::Relaxed);
            self.metrics.stale.increment(1);
            // An event may have brought something newer in the meantime.
            self.local.get(key.as_ref()).unwrap_or(cached)
        })
    }

    /// Asks shortener-svc for one of the clicks that the limited link `link_id` has left. `None`: no response in time.
    pub async fn consume(self: &Arc<Self>, link_id: i64, event_id: [u8; 16]) -> Option<ConsumeClickResponse> {
        let links = self.clone();
        let question = async move {
            let message = ConsumeClickRequest { link_id, event_id: event_id.to_vec() };
            // Safe to repeat: the owner knows the event id.
            let context = curtail_rpc::CallContext::new(Instant::now() + CONSUME_TIMEOUT).read();
            links.owner.clone().consume_click(context.request(message)).await
        };
        let answer = self.runtime.spawn(question).await.ok()?;
        match answer {
            Ok(answer) => Some(answer.into_inner()),
            Err(status) => {
                self.metrics.owner_errors.increment(1);
                tracing::debug!(code = ?status.code(), "shortener-svc did not grant or refuse a click");
                None
            }
        }
    }

    /// Applies a link event. Returns `true` if its domain is ours.
    pub fn apply_event(&self, target: &Target) -> bool {
        let Some(key) = self.key_of(target) else { return false };
        self.metrics.events.increment(1);
        self.local.note_event(&key);
        let age = Age::new(self.watch.now_ms(), self.settings.ttl.as_millis() as u64);
        self.local.offer(&key, CachedLink { entry: Entry::from_target(target), age });
        true
    }

    /// Puts the link of an event into Redis.
    pub async fn share(&self, target: &Target) -> Result<(), fred::error::Error> {
        let stored = self.shared.put(target).await;
        // Until now a refill may have read an older version there.
        if let Some(key) = self.key_of(target) {
            self.local.note_event(&key);
        }
        stored
    }

    /// The stream of link events is interrupted.
    pub fn events_interrupted(&self) {
        self.watch.events_interrupted();
        self.shared.invalidate();
    }

    /// The stream of link events is complete from now on.
    pub fn events_resumed(&self) {
        self.watch.events_resumed();
    }

    /// Redis may lack a change: what it has is not used until [`Links::validate_shared`].
    pub fn invalidate_shared(&self) {
        self.shared.invalidate();
    }

    /// Redis has every change so far: what is stored from now on is used.
    pub async fn validate_shared(&self) {
        if self.watch.is_complete()
            && !self.shared.is_valid()
            && let Err(error) = self.shared.validate().await
        {
            tracing::debug!(%error, "links in Redis cannot be used yet");
        }
    }

    /// Returns `true` while the stream of link events is complete.
    pub fn is_followed(&self) -> bool {
        self.watch.is_complete()
    }

    /// Entries in the process.
    pub fn len(&self) -> usize {
        self.local.len()
    }

    /// Returns `true` if the process has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn domain(&self, id: DomainId) -> &str {
        &self.domains[usize::from(id.0)]
    }

    fn key_of(&self, target: &Target) -> Option<Key> {
        let domain = self.domains.iter().position(|name| *name == target.domain)?;
        Some(KeyRef { domain: DomainId(domain as u16), code: &target.code }.to_key())
    }

    fn start(
        self: &Arc<Self>,
        key: &Key,
        from: RefreshSource,
        timeout: Duration,
    ) -> Result<tokio::sync::watch::Receiver<Option<super::single_flight::FillResult>>, Unavailable> {
        self.flights.join(key, &self.runtime, self.clone().fill(key.clone(), from, timeout))
    }
}
