//! The keys that sign tokens, and their rotation (S23).
//!
//! The table is authoritative; every replica reads it twice a second. The key with the latest `signing_from` in the past
//! signs, so exactly one key signs at any time without coordination. A rotation only *announces* a key: it signs
//! [`KEY_ANNOUNCEMENT`] later, when all verifiers have it. Older keys verify until the last token that they can have signed has
//! expired, and are then deleted. A removed key is refused as soon as the rings are read again.

mod sealing;
pub(crate) mod store;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use curtail_clock::Clock;
use curtail_rpc::KeyRingCache;
use curtail_tokens::{KeyRing, SigningKey};
use rand::CryptoRng;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::Error;
use crate::secrets::Secrets;
use crate::signing_keys::store::SigningKeyRow;

/// How long a new signing key is only announced, so that every verifier has it before the first token signed with it.
/// auth-svc and its callers each poll once a second.
pub const KEY_ANNOUNCEMENT: time::Duration = time::Duration::seconds(3);

/// Margin for clock skew, added to the longest lifetime of a token before a key is deleted.
pub const KEY_SLACK: time::Duration = time::Duration::seconds(60);

/// How often the table is read.
pub const RELOAD_EVERY: Duration = Duration::from_millis(500);

/// The signing keys that this replica has loaded.
#[derive(Debug)]
pub struct SigningKeys {
    pool: PgPool,
    clock: Clock,
    seal: SealKey,
    longest_life: time::Duration,
    /// The latest to sign first.
    known: RwLock<Arc<Vec<LoadedKey>>>,
    /// What this service's own listener verifies with; follows `known`.
    ring: Arc<KeyRingCache>,
}

#[derive(Clone)]
struct SealKey([u8; 32]);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

#[derive(Debug)]
struct LoadedKey {
    row: SigningKeyRow,
    key: SigningKey,
}

/// Why a key was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveKeyError {
    /// There is no such key.
    #[error("there is no key {0}")]
    Unknown(String),
    /// It is the only key, and nothing could be signed without it.
    #[error("{0} is the only key: rotate first")]
    Last(String),
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

impl SigningKeys {
    /// Has no key until the first [`SigningKeys::reload`].
    pub(crate) fn new(settings: &curtail_config::Auth, secrets: &Secrets, pool: PgPool, clock: Clock) -> Self {
        let longest = settings.access_token_seconds.max(settings.internal_token_seconds);
        Self {
            pool,
            clock,
            seal: SealKey(secrets.seal),
            longest_life: time::Duration::seconds(i64::try_from(longest).unwrap_or(i64::MAX)),
            known: RwLock::default(),
            ring: KeyRingCache::fixed(KeyRing::default()),
        }
    }

    /// The ring that this service's own listener verifies with.
    pub fn ring_cache(&self) -> Arc<KeyRingCache> {
        Arc::clone(&self.ring)
    }

    /// The current ring. Until the first one is loaded, no token can be judged.
    pub fn ring(&self) -> Result<Arc<KeyRing>, Error> {
        let ring = self.ring.ring();
        if ring.is_empty() { Err(not_loaded()) } else { Ok(ring) }
    }

    /// The key that signs now.
    pub fn signer(&self) -> Result<SigningKey, Error> {
        let (known, now) = (self.known(), self.clock.now());
        signing_key_at(&known, now).map(|known| known.key.clone()).ok_or_else(not_loaded)
    }

    /// The public keys as PASERK, the one that signs now first.
    pub fn public(&self) -> Result<Vec<String>, Error> {
        let (known, now) = (self.known(), self.clock.now());
        let signing = &signing_key_at(&known, now).ok_or_else(not_loaded)?.row.kid;
        let mut rows: Vec<_> = known.iter().map(|known| &known.row).collect();
        rows.sort_by_key(|row| row.kid != *signing);
        Ok(rows.into_iter().map(|row| row.public.clone()).collect())
    }

    /// Reads the table. Seeds that are already loaded are not opened again.
    pub async fn reload(&self) -> Result<(), Error> {
        let rows = store::all(&self.pool).await?;
        let before = self.known();
        if before.iter().map(|known| &known.row).eq(rows.iter()) {
            return Ok(());
        }
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            let key = match before.iter().find(|known| known.row.kid == row.kid) {
                Some(known) => known.key.clone(),
                None => sealing::open(&self.seal.0, &row.kid, &row.sealed)?,
            };
            known.push(LoadedKey { row, key });
        }
        tracing::info!(keys = known.len(), "signing keys changed");
        self.ring.replace(KeyRing::of(known.iter().map(|known| &known.key)));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// Creates the first key of an installation. Replicas that start together create one.
    pub async fn ensure_one(&self, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        store::lock(&mut tx).await?;
        if store::all(&mut *tx).await?.is_empty() {
            let now = self.clock.now();
            self.insert(&mut tx, now, now, rng).await?;
        }
        tx.commit().await?;
        self.reload().await
    }

    /// Announces a new key and phases out the others; the new key's id.
    pub async fn rotate(&self, rng: &mut impl CryptoRng) -> Result<String, Error> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        store::lock(&mut tx).await?;
        let first = store::all(&mut *tx).await?.is_empty();
        let signing_from = if first { now } else { now + KEY_ANNOUNCEMENT };
        store::phase_out(&mut tx, signing_from + self.longest_life + KEY_SLACK).await?;
        let kid = self.insert(&mut tx, now, signing_from, rng).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(kid)
    }

    /// Removes a key at once: what it signed is refused from now on. Meant for a key that leaked.
    pub async fn remove(&self, kid: &str) -> Result<(), RemoveKeyError> {
        let mut tx = self.pool.begin().await?;
        store::lock(&mut tx).await?;
        if !store::delete(&mut tx, kid).await? {
            return Err(RemoveKeyError::Unknown(kid.to_owned()));
        }
        if store::all(&mut *tx).await?.is_empty() {
            return Err(RemoveKeyError::Last(kid.to_owned()));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes keys whose tokens have all expired.
    pub async fn retire(&self) -> Result<u64, Error> {
        let retired = store::delete_retired(&self.pool, self.clock.now()).await?;
        if retired > 0 {
            tracing::info!(retired, "signing keys retired");
            self.reload().await?;
        }
        Ok(retired)
    }

    async fn insert(
        &self,
        conn: &mut PgConnection,
        now: OffsetDateTime,
        signing_from: OffsetDateTime,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Error> {
        let key = SigningKey::generate(rng);
        let row = SigningKeyRow {
            kid: key.key_id().to_owned(),
            public: key.public_paserk(),
            sealed: sealing::seal(&self.seal.0, &key)?,
            created_at: now,
            signing_from,
            verify_until: None,
        };
        store::insert(conn, &row).await?;
        Ok(row.kid)
    }

    fn known(&self) -> Arc<Vec<LoadedKey>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn not_loaded() -> Error {
    Error::Rpc(curtail_rpc::Error::unavailable(anyhow::anyhow!("no signing key has been read yet")))
}

/// The latest key whose time has come. When the one that was signing has been removed before its successor's time, the
/// successor signs early: a verifier that does not have it yet asks for it.
fn signing_key_at(known: &[LoadedKey], now: OffsetDateTime) -> Option<&LoadedKey> {
    known.iter().find(|known| known.row.signing_from <= now).or(known.last())
}
