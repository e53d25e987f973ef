//! The keys that sign tokens, and their rotation (S23).
//!
//! The table is the truth; every replica reads it twice a second. At any instant the key with the latest `signing_from` that
//! has come signs, so there is exactly one without any replica telling another. A rotation only *announces* a key: it signs
//! [`KEY_ANNOUNCEMENT`] later, when all who verify have it. The keys before it verify until the last token that they can have
//! signed has expired, and are then deleted. A key that is removed is refused as soon as the rings are read again.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use curtail_clock::Clock;
use curtail_rpc::KeyRingCache;
use curtail_tokens::{KeyRing, SigningKey};
use rand::CryptoRng;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::seal;
use crate::{
    Error,
    secrets::Secrets,
    settings::{KEY_ANNOUNCEMENT, KEY_SLACK},
    store::signing_keys::{self, SigningKeyRow},
};

/// How often the table is read.
pub const RELOAD_EVERY: Duration = Duration::from_millis(500);

/// The keys as this replica knows them.
#[derive(Debug)]
pub struct Keys {
    pool: PgPool,
    clock: Clock,
    seal: SealKey,
    longest_life: time::Duration,
    /// The latest to sign first.
    known: RwLock<Arc<Vec<Known>>>,
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
struct Known {
    row: SigningKeyRow,
    key: SigningKey,
}

/// Why a key was not removed.
#[derive(Debug, thiserror::Error)]
pub enum NotRemoved {
    /// There is no such key.
    #[error("there is no key {0}")]
    Unknown(String),
    /// Without it nothing could be signed.
    #[error("{0} is the only key: rotate first")]
    Last(String),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] sqlx::Error),
}

impl Keys {
    /// Knows no key until the first [`Keys::reload`].
    pub fn new(settings: &curtail_config::Auth, secrets: &Secrets, pool: PgPool, clock: Clock) -> Self {
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

    /// The ring as it is known now. Until the first one has been read nothing can be said about any token.
    pub fn ring(&self) -> Result<Arc<KeyRing>, Error> {
        let ring = self.ring.ring();
        if ring.is_empty() { Err(not_read()) } else { Ok(ring) }
    }

    /// The key that signs now.
    pub fn signer(&self) -> Result<SigningKey, Error> {
        let (known, now) = (self.known(), self.clock.now());
        signing_at(&known, now).map(|known| known.key.clone()).ok_or_else(not_read)
    }

    /// The public keys as PASERK, the one that signs now first.
    pub fn public(&self) -> Result<Vec<String>, Error> {
        let (known, now) = (self.known(), self.clock.now());
        let signing = &signing_at(&known, now).ok_or_else(not_read)?.row.kid;
        let mut rows: Vec<_> = known.iter().map(|known| &known.row).collect();
        rows.sort_by_key(|row| row.kid != *signing);
        Ok(rows.into_iter().map(|row| row.public.clone()).collect())
    }

    /// Reads the table. Seeds that are known already are not opened again.
    pub async fn reload(&self) -> Result<(), Error> {
        let rows = signing_keys::all(&self.pool).await?;
        let before = self.known();
        if before.iter().map(|known| &known.row).eq(rows.iter()) {
            return Ok(());
        }
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            let key = match before.iter().find(|known| known.row.kid == row.kid) {
                Some(known) => known.key.clone(),
                None => seal::open(&self.seal.0, &row.kid, &row.sealed)?,
            };
            known.push(Known { row, key });
        }
        tracing::info!(keys = known.len(), "signing keys changed");
        self.ring.replace(KeyRing::of(known.iter().map(|known| &known.key)));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// Makes the first key of an installation. Replicas that start together make one.
    pub async fn ensure_one(&self, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        signing_keys::lock(&mut tx).await?;
        if signing_keys::all(&mut *tx).await?.is_empty() {
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
        signing_keys::lock(&mut tx).await?;
        let first = signing_keys::all(&mut *tx).await?.is_empty();
        let signing_from = if first { now } else { now + KEY_ANNOUNCEMENT };
        signing_keys::phase_out(&mut tx, signing_from + self.longest_life + KEY_SLACK).await?;
        let kid = self.insert(&mut tx, now, signing_from, rng).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(kid)
    }

    /// Removes a key at once: what it signed is refused from now on. Meant for a key that leaked.
    pub async fn remove(&self, kid: &str) -> Result<(), NotRemoved> {
        let mut tx = self.pool.begin().await?;
        signing_keys::lock(&mut tx).await?;
        if !signing_keys::delete(&mut tx, kid).await? {
            return Err(NotRemoved::Unknown(kid.to_owned()));
        }
        if signing_keys::all(&mut *tx).await?.is_empty() {
            return Err(NotRemoved::Last(kid.to_owned()));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes keys whose tokens have all expired.
    pub async fn retire(&self) -> Result<u64, Error> {
        let retired = signing_keys::delete_retired(&self.pool, self.clock.now()).await?;
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
            sealed: seal::seal(&self.seal.0, &key)?,
            created_at: now,
            signing_from,
            verify_until: None,
        };
        signing_keys::insert(conn, &row).await?;
        Ok(row.kid)
    }

    fn known(&self) -> Arc<Vec<Known>> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn not_read() -> Error {
    Error::Rpc(curtail_rpc::Error::unavailable(anyhow::anyhow!("no signing key has been read yet")))
}

/// The latest key whose time has come. When the one that was signing has been removed before its successor's time, the
/// successor signs early: a verifier that does not have it yet asks for it.
fn signing_at(known: &[Known], now: OffsetDateTime) -> Option<&Known> {
    known.iter().find(|known| known.row.signing_from <= now).or(known.last())
}
