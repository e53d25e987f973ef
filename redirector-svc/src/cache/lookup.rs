//! Looking a code up.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::{ConsumeClickRequest, ConsumeClickResponse, Target};
use tokio::runtime::Handle;

use super::fill::From;
use super::flights::Flights;
use super::freshness::{Age, Freshness, Watch};
use super::local::Local;
use super::{Cached, DomainId, Key, KeyRef, Shared, Unavailable};
use crate::links::Entry;
use crate::meters::Meters;

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

/// What is known about codes.
pub struct Links {
    pub(super) settings: Settings,
    pub(super) local: Local,
    pub(super) shared: Shared,
    pub(super) owner: LinkServiceClient<curtail_rpc::Channel>,
    pub(super) watch: Watch,
    pub(super) meters: Arc<Meters>,
    flights: Arc<Flights>,
    /// Where questions are asked; serving threads have runtimes of their own.
    runtime: Handle,
    domains: Vec<String>,
}

/// Where an entry is.
pub enum Look {
    /// At hand.
    Here(Arc<Cached>),
    /// Not at hand; ask with [`Links::fetch`].
    Absent,
    /// At hand, but to be confirmed with [`Links::confirm`].
    Unverified(Arc<Cached>),
}

impl Links {
    /// For `domains`, which [`DomainId`] counts. Questions are asked on the present runtime.
    pub fn new(
        settings: Settings,
        domains: Vec<String>,
        shared: Shared,
        owner: LinkServiceClient<curtail_rpc::Channel>,
        meters: Arc<Meters>,
    ) -> Self {
        Self {
            local: Local::new(settings.entries),
            settings,
            shared,
            owner,
            watch: Watch::new(),
            meters,
            flights: Arc::default(),
            runtime: Handle::current(),
            domains,
        }
    }

    /// Looks into the process only.
    pub fn look(self: &Arc<Self>, key: KeyRef<'_>) -> Look {
        let Some(cached) = self.local.get(key) else {
            self.meters.local_misses.increment(1);
            return Look::Absent;
        };
        let now_ms = self.watch.now_ms();
        match self.watch.judge(&cached.age, now_ms, cached.entry.known.is_none()) {
            Freshness::Fresh => {}
            Freshness::Unverified => return Look::Unverified(cached),
            Freshness::Expired => {
                cached.age.tried_ms.store(now_ms, Ordering::Relaxed);
                let _ = self.start(&key.to_key(), From::Owner, self.settings.fill_timeout);
            }
        }
        self.meters.local_hits.increment(1);
        Look::Here(cached)
    }

    /// Asks for a code that is not in the process, within the fill timeout.
    pub async fn fetch(self: &Arc<Self>, key: Key) -> Result<Arc<Cached>, Unavailable> {
        let start = Instant::now();
        let timeout = self.settings.fill_timeout;
        let flight = self.start(&key, From::Anyone, timeout)?;
        let landed = tokio::time::timeout(timeout + GRACE, Flights::landed(flight)).await.unwrap_or(Err(Unavailable));
        self.meters.fill_seconds.record(start.elapsed());
        landed
    }

    /// Asks the owner whether `cached` still holds; without an answer in time it serves as it is.
    pub async fn confirm(self: &Arc<Self>, key: Key, cached: Arc<Cached>) -> Arc<Cached> {
        let confirmed = match self.start(&key, From::Owner, CHECK_TIMEOUT) {
            Ok(flight) => {
                tokio::time::timeout(CHECK_TIMEOUT, Flights::landed(flight)).await.unwrap_or(Err(Unavailable))
            }
            Err(unavailable) => Err(unavailable),
        };
        confirmed.unwrap_or_else(|Unavailable| {
            cached.age.tried_ms.store(self.watch.now_ms(), Ordering::Relaxed);
            self.meters.stale.increment(1);
            // An event may have brought something newer in the meantime.
            self.local.get(key.as_ref()).unwrap_or(cached)
        })
    }

    /// Asks the owner whether a click of the limited link `link_id` is left. `None`:
    /// no answer in time.
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
                self.meters.owner_errors.increment(1);
                tracing::debug!(code = ?status.code(), "shortener-svc did not grant or refuse a click");
                None
            }
        }
    }

    /// Takes in a link event. True when it is of a domain of ours.
    pub fn learn(&self, target: &Target) -> bool {
        let Some(key) = self.key_of(target) else { return false };
        self.meters.events.increment(1);
        self.local.note_event(&key);
        let age = Age::new(self.watch.now_ms(), self.settings.ttl.as_millis() as u64);
        self.local.offer(&key, Cached { entry: Entry::from_target(target), age });
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

    /// Changes are no longer heard of.
    pub fn interrupted(&self) {
        self.watch.interrupted();
        self.shared.distrust();
    }

    /// Every change from now on is heard of.
    pub fn resumed(&self) {
        self.watch.resumed();
    }

    /// Redis may lack a change.
    pub fn distrust_shared(&self) {
        self.shared.distrust();
    }

    /// Redis has every change that came so far: what is stored from now on is believed.
    pub async fn trust_shared(&self) {
        if self.watch.is_complete()
            && !self.shared.is_trusted()
            && let Err(error) = self.shared.trust().await
        {
            tracing::debug!(%error, "links in Redis are not believed yet");
        }
    }

    /// Whether changes are heard of.
    pub fn is_followed(&self) -> bool {
        self.watch.is_complete()
    }

    /// Entries in the process.
    pub fn len(&self) -> usize {
        self.local.len()
    }

    /// Whether nothing is in the process.
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
        from: From,
        timeout: Duration,
    ) -> Result<tokio::sync::watch::Receiver<Option<super::flights::Landed>>, Unavailable> {
        self.flights.join(key, &self.runtime, self.clone().fill(key.clone(), from, timeout))
    }
}
