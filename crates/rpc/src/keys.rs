//! Where a service has its key ring from.

use std::sync::Arc;

use curtail_clock::Clock;
use curtail_lifecycle::{Readiness, Shutdown, Tasks};
use curtail_tokens::KeyRing;

use crate::{KeyRingCache, ServiceIdentity};

/// The keys that verify callers; tests bring their own.
pub enum Keys {
    /// From auth-svc, again and again.
    Fetched,
    /// From the caller.
    Given(KeyRing),
}

impl Keys {
    /// The cache for the service called `name`. What is fetched is fetched by a task of `tasks`, and holds back `readiness` until
    /// the first ring is there.
    ///
    /// # Errors
    /// When the address of auth-svc is none.
    pub fn cache(
        self,
        name: &'static str,
        settings: &curtail_config::Rpc,
        clock: &Clock,
        readiness: &Readiness,
        tasks: &mut Tasks,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Arc<KeyRingCache>> {
        match self {
            Self::Given(ring) => Ok(KeyRingCache::fixed(ring)),
            Self::Fetched => {
                let identity = ServiceIdentity::new(name, &settings.service_key, clock.clone());
                let auth = crate::connect("auth", &settings.auth_url, settings, identity)?;
                let cache = KeyRingCache::fetching(auth, readiness.latch("keys"));
                tasks.spawn("keys", Arc::clone(&cache).run(shutdown.clone()));
                Ok(cache)
            }
        }
    }
}
