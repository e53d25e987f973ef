//! What handlers and tasks share.

use std::sync::Arc;

use curtail_clock::Clock;
use curtail_config::Config;
use sqlx::{PgPool, PgTransaction};
use time::{Duration, OffsetDateTime};
use tokio::sync::Notify;

use crate::Error;
use crate::activity::Activity;
use crate::entropy::Entropy;
use crate::issuer::Issuer;
use crate::limits::Limits;
use crate::password_hasher::PasswordHasher;
use crate::secrets::Secrets;
use crate::signing_keys::SigningKeys;

/// The shared parts of a running auth-svc, created once.
#[derive(Debug)]
pub struct App {
    /// Connections to the schema `auth`.
    pub pool: PgPool,
    /// The time.
    pub(crate) clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Ids of users, workspaces, sessions and keys.
    pub(crate) ids: Ids,
    /// Keys derived from the master key.
    pub(crate) secrets: Secrets,
    /// Hashing.
    pub(crate) hasher: PasswordHasher,
    /// Limits of logins and sign-ups.
    pub limits: Limits,
    /// Signing keys.
    pub keys: Arc<SigningKeys>,
    /// Issues tokens.
    pub(crate) issuer: Issuer,
    /// When sessions and keys were last used.
    pub(crate) activity: Activity,
    /// Wakes the relay when events are waiting.
    pub(crate) outbox: Outbox,
    /// Wakes the mail worker when a request was stored.
    pub(crate) mail_requested: Notify,
    /// Lifetimes, costs and rates.
    pub(crate) settings: curtail_config::Auth,
    /// Quotas.
    pub(crate) plans: curtail_config::Plans,
}

impl App {
    /// Creates the app. It connects to nothing yet.
    pub fn new(config: &Config, parts: Parts) -> anyhow::Result<Self> {
        crate::metrics::describe();
        let Parts { pool, redis, clock, entropy, ids, outbox } = parts;
        let secrets = Secrets::derive(&config.auth.master_key.key32());
        let keys = Arc::new(SigningKeys::new(&config.auth, &secrets, pool.clone(), clock.clone()));
        Ok(Self {
            hasher: PasswordHasher::new(&config.auth, &mut entropy.fork())?,
            limits: Limits::new(&config.auth, secrets.clone(), redis, clock.clone()),
            issuer: Issuer::new(&config.auth, &secrets, Arc::clone(&keys)),
            activity: Activity::default(),
            mail_requested: Notify::new(),
            settings: config.auth.clone(),
            plans: config.plans.clone(),
            pool,
            clock,
            entropy,
            ids: Ids(ids),
            secrets,
            keys,
            outbox: Outbox(outbox),
        })
    }

    /// The time in microseconds, as PostgreSQL stores it: a time in a response equals the one that is read later.
    pub fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        now - Duration::nanoseconds((now.nanosecond() % 1000).into())
    }

    /// A new id.
    pub fn next_id(&self) -> Result<i64, Error> {
        self.ids.0.next().map_err(|error| Error::Rpc(curtail_rpc::Error::unavailable(error)))
    }

    /// Commits a transaction with events in it and wakes the relay, so that they are published at once.
    pub async fn commit(&self, tx: PgTransaction<'static>) -> Result<(), Error> {
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

/// What an app is created from.
#[expect(missing_debug_implementations, reason = "the generator has none")]
pub struct Parts {
    /// Connections to the schema `auth`.
    pub pool: PgPool,
    /// Counters.
    pub redis: fred::clients::Pool,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Ids.
    pub ids: curtail_ids::Generator,
    /// The relay of this process, if it has one.
    pub outbox: Option<curtail_streams::RelayHandle>,
}

/// The id generator.
pub(crate) struct Ids(curtail_ids::Generator);

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

/// The way to the relay.
pub(crate) struct Outbox(Option<curtail_streams::RelayHandle>);

impl Outbox {
    fn wake(&self) {
        if let Some(relay) = &self.0 {
            relay.wake();
        }
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbox")
    }
}
