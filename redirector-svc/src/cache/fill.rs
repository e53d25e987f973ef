//! Requests for a code that is not in the process, or must be confirmed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_proto::links::v1::{ResolveLinkRequest, Target};
use curtail_rpc::CallContext;

use super::freshness::Age;
use super::lookup::Links;
use super::shared::Found;
use super::{CachedLink, Key};
use crate::links::Entry;

/// How long Redis may take before the owner is asked instead.
const SHARED_TIMEOUT: Duration = Duration::from_millis(50);

/// No answer came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link could not be looked up in time")]
pub struct Unavailable;

/// Where an entry may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshSource {
    /// Redis, then shortener-svc.
    Any,
    /// Only shortener-svc, because what is known must be confirmed.
    Owner,
}

impl Links {
    /// Finds out about `key` and puts it in the process.
    pub(super) async fn fill(
        self: Arc<Self>,
        key: Key,
        from: RefreshSource,
        timeout: Duration,
    ) -> Result<Arc<CachedLink>, Unavailable> {
        let deadline = Instant::now() + timeout;
        // Once more if an event came in between: the response may be older than it.
        for _ in 0..2 {
            let (events, asked_ms) = (self.local.events(&key), self.watch.now_ms());
            let (target, checked_ms) = self.ask(&key, from, deadline, asked_ms).await?;
            if self.local.events(&key) == events {
                return Ok(self.place(&key, target.as_ref(), checked_ms));
            }
        }
        // Events in a row leave the newest entry in the process.
        self.local.get(key.as_ref()).ok_or(Unavailable)
    }

    async fn ask(
        self: &Arc<Self>,
        key: &Key,
        from: RefreshSource,
        deadline: Instant,
        asked_ms: u64,
    ) -> Result<(Option<Target>, u64), Unavailable> {
        let followed = self.watch.is_complete();
        let found = if from == RefreshSource::Any && followed { self.ask_shared(key).await } else { None };
        if found.as_ref().is_some_and(|found| found.believed) {
            return Ok((found.map(|found| found.target), asked_ms));
        }
        let (owner, found) = if from == RefreshSource::Any && !followed {
            // Redis is probably unavailable, so it is not waited for. What it has helps if shortener-svc does not answer.
            tokio::join!(self.ask_owner(key, deadline), self.ask_shared(key))
        } else {
            (self.ask_owner(key, deadline).await, found)
        };
        match (owner, found) {
            (Ok(target), _) => Ok((target, asked_ms)),
            // It is unconfirmed, so it is as old as possible.
            (Err(Unavailable), Some(found)) => Ok((Some(found.target), 0)),
            (Err(Unavailable), None) => Err(Unavailable),
        }
    }

    async fn ask_shared(&self, key: &Key) -> Option<Found> {
        let question = self.shared.get(self.domain(key.domain), &key.code);
        let found = tokio::time::timeout(SHARED_TIMEOUT, question).await.ok()?.ok()?;
        let counter = if found.is_some() { &self.metrics.shared_hits } else { &self.metrics.shared_misses };
        counter.increment(1);
        found
    }

    async fn ask_owner(self: &Arc<Self>, key: &Key, deadline: Instant) -> Result<Option<Target>, Unavailable> {
        let question = ResolveLinkRequest { domain: self.domain(key.domain).to_owned(), code: key.code.to_string() };
        let request = CallContext::new(deadline).read().request(question);
        let answer = self.owner.clone().resolve_link(request).await.map_err(|status| {
            self.metrics.owner_errors.increment(1);
            tracing::debug!(code = ?status.code(), "shortener-svc did not resolve a link");
            Unavailable
        })?;
        let target = answer.into_inner().target;
        match &target {
            Some(target) => {
                self.metrics.owner_hits.increment(1);
                self.store(target.clone());
            }
            None => self.metrics.owner_misses.increment(1),
        }
        Ok(target)
    }

    fn place(&self, key: &Key, target: Option<&Target>, checked_ms: u64) -> Arc<CachedLink> {
        let entry = target.map_or_else(Entry::unknown, Entry::from_target);
        let ttl = if target.is_none() { self.settings.negative_ttl } else { self.next_ttl(key, checked_ms) };
        self.local.offer(key, CachedLink { entry, age: Age::new(checked_ms, ttl.as_millis() as u64) })
    }

    /// A code that is asked for again soon after its time was over gets twice the time; one that was evicted starts with the shortest.
    fn next_ttl(&self, key: &Key, now_ms: u64) -> Duration {
        use std::sync::atomic::Ordering::Relaxed;
        let (least, most) = (self.settings.ttl, self.settings.ttl_max);
        let Some(present) = self.local.get(key.as_ref()).filter(|present| present.entry.link.is_some()) else {
            return least;
        };
        let (ttl_ms, checked_ms) = (present.age.ttl_ms.load(Relaxed), present.age.checked_ms.load(Relaxed));
        match now_ms.saturating_sub(checked_ms) {
            // A check in between says nothing about popularity.
            age if age < ttl_ms => Duration::from_millis(ttl_ms),
            age if age < 2 * ttl_ms => Duration::from_millis(2 * ttl_ms).min(most),
            _ => least,
        }
    }

    /// Puts a link into Redis in the background.
    fn store(self: &Arc<Self>, target: Target) {
        let links = self.clone();
        tokio::spawn(async move {
            if let Err(error) = links.shared.put(&target).await {
                tracing::debug!(%error, "a link could not be put into Redis");
            }
        });
    }
}
