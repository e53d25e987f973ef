//! Everything that handlers work with, wired in one place.

use std::sync::Arc;

use curtail_clock::Clock;
use curtail_config::Config;
use sqlx::{PgPool, PgTransaction};
use time::{Duration, OffsetDateTime};
use tokio::sync::Notify;

use crate::{
    Error,
    entropy::Entropy,
    secrets::Secrets,
    services::{activity::Activity, issuer::Issuer, keys::Keys, limits::Limits, passwords::Passwords},
};

/// The parts of a running auth-svc. Cheap to share, made once.
#[derive(Debug)]
pub struct App {
    /// Connections to the schema `auth`.
    pub pool: PgPool,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Ids of users, workspaces, sessions and keys.
    pub ids: Ids,
    /// Keys derived from the master key.
    pub secrets: Secrets,
    /// Hashing.
    pub passwords: Passwords,
    /// Limits of logins and sign-ups.
    pub limits: Limits,
    /// Signing keys.
    pub keys: Arc<Keys>,
    /// Makes tokens.
    pub issuer: Issuer,
    /// When sessions and keys were last used.
    pub activity: Activity,
    /// Tells the relay that events are waiting.
    pub outbox: Outbox,
    /// Told when a question came whose answer goes by mail.
    pub mail_requested: Notify,
    /// Lives, costs and rates.
    pub settings: curtail_config::Auth,
    /// Quotas.
    pub plans: curtail_config::Plans,
}

impl App {
    /// Wires an app. Nothing is contacted yet.
    pub fn new(config: &Config, parts: Parts) -> anyhow::Result<Self> {
        let Parts { pool, redis, clock, entropy, ids, outbox } = parts;
        let secrets = Secrets::derive(&config.auth.master_key.key32());
        let keys = Arc::new(Keys::new(&config.auth, &secrets, pool.clone(), clock.clone()));
        Ok(Self {
            passwords: Passwords::new(&config.auth, &mut entropy.fork())?,
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

    /// The time in microseconds, as PostgreSQL keeps it: what is answered now is what is read later.
    pub fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        now - Duration::nanoseconds((now.nanosecond() % 1000).into())
    }

    /// A new id.
    pub fn next_id(&self) -> Result<i64, Error> {
        self.ids.0.next().map_err(|error| Error::Rpc(curtail_rpc::Error::unavailable(error)))
    }

    /// Commits a transaction with events in it and has them published now rather than at the next look.
    pub async fn commit(&self, tx: PgTransaction<'static>) -> Result<(), Error> {
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

/// What an app is made of.
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
    /// Who publishes; `None` when nobody in this process does.
    pub outbox: Option<curtail_streams::RelayHandle>,
}

/// The id generator.
pub struct Ids(curtail_ids::Generator);

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

/// The way to the relay.
pub struct Outbox(Option<curtail_streams::RelayHandle>);

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
