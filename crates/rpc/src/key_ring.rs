//! The public keys of auth-svc, kept near.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use curtail_lifecycle::{Latch, Shutdown};
use curtail_proto::auth::v1::{GetKeyRingRequest, auth_service_client::AuthServiceClient};
use curtail_tokens::KeyRing;

use crate::{CallContext, Channel, Error};

/// How often the ring is fetched: a removed key is refused after that long at the latest.
const POLL: Duration = Duration::from_secs(1);

/// An unknown key id makes the ring be fetched at once, but not more often than this.
const LEAST_PAUSE: Duration = Duration::from_millis(200);

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_millis(800);

/// The key ring that verifies internal tokens. Reads never wait for the network.
#[derive(Debug)]
pub struct KeyRingCache {
    ring: RwLock<Arc<KeyRing>>,
    source: Option<Source>,
}

/// Where the ring comes from.
#[derive(Debug)]
struct Source {
    client: AuthServiceClient<Channel>,
    latch: Latch,
    /// When the last fetch began. Held while fetching, so that many waiters cause one fetch.
    last: tokio::sync::Mutex<Option<Instant>>,
}

impl KeyRingCache {
    /// A ring that changes by [`KeyRingCache::replace`] only: of auth-svc, which has the keys, and of tests.
    pub fn fixed(ring: KeyRing) -> Arc<Self> {
        Arc::new(Self { ring: RwLock::new(Arc::new(ring)), source: None })
    }

    /// A ring that [`KeyRingCache::run`] fetches through the channel to auth-svc. The latch is up from the first success.
    pub fn fetching(auth: Channel, latch: Latch) -> Arc<Self> {
        let client = AuthServiceClient::new(auth);
        let source = Source { client, latch, last: tokio::sync::Mutex::new(None) };
        Arc::new(Self { ring: RwLock::default(), source: Some(source) })
    }

    /// The ring as it is known now.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over another ring. An equal one changes nothing, so that what was verified under it stays verified.
    pub fn replace(&self, ring: KeyRing) {
        let mut current = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if **current != ring {
            *current = Arc::new(ring);
        }
    }

    /// Fetches the ring every second until the process drains. While auth-svc is unavailable, the last ring stays in use.
    ///
    /// # Errors
    /// None; the type is what tasks return.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) -> anyhow::Result<()> {
        let Some(source) = &self.source else {
            shutdown.draining().await;
            return Ok(());
        };
        let mut away = false;
        while !shutdown.is_draining() {
            match self.fetch(source).await {
                Ok(()) => away = false,
                // Said once, not every second.
                Err(error) if !std::mem::replace(&mut away, true) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the key ring cannot be fetched");
                }
                Err(_) => {}
            }
            shutdown.sleep(POLL).await;
        }
        Ok(())
    }

    /// Fetches the ring because a token names a key that is not in it, unless that was just tried.
    pub async fn refresh(&self) {
        let Some(source) = &self.source else { return };
        let asked = Instant::now();
        let mut last = source.last.lock().await;
        if last.is_some_and(|last| last + LEAST_PAUSE > asked) {
            return;
        }
        *last = Some(Instant::now());
        // The caller looks into the ring again, whatever happened.
        let _ = self.fetch(source).await;
    }

    async fn fetch(&self, source: &Source) -> Result<(), Error> {
        let request = CallContext::new(Instant::now() + TIMEOUT).read().request(GetKeyRingRequest {});
        let answer = source.client.clone().get_key_ring(request).await.map_err(Error::from)?.into_inner();
        self.replace(KeyRing::from_paserk(answer.keys).map_err(Error::internal)?);
        source.latch.set(true);
        Ok(())
    }
}
