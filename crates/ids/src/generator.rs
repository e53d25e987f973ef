//! The ids of a process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use curtail_clock::Clock;
use curtail_lifecycle::{Latch, Shutdown};
use sqlx::postgres::PgPool;
use tokio::sync::Notify;

use crate::{Unavailable, lease, minter::Minter};

/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// A renewal that takes longer is given up.
const RENEW_WITHIN: Duration = Duration::from_secs(5);

/// The pause after a try that failed, and between two tries that someone in need of an id asked for.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Mints ids under a worker number leased in the table `id_workers` (`sql/id_workers.sql`) of the pool's schema.
///
/// Clones share the number. [`Generator::run`] must run for as long as ids are wanted: without renewal minting stops after
/// 20 s, and the number is free for others after 30 s.
#[derive(Clone)]
pub struct Generator {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PgPool,
    owner: String,
    clock: Clock,
    latch: Option<Latch>,
    minter: Mutex<Option<Minter>>,
    /// Someone could not get an id.
    wanted: Notify,
}

impl Generator {
    /// A generator without a number: [`Generator::run`] leases one as soon as the database is there. `owner` is shown to
    /// operators. `latch` is up while ids can be minted.
    pub fn new(pool: PgPool, owner: &str, clock: Clock, latch: Option<Latch>) -> Self {
        let inner = Inner { pool, owner: owner.into(), clock, latch, minter: Mutex::new(None), wanted: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    /// A generator that can mint at once.
    ///
    /// # Errors
    /// When the database is unavailable, or all numbers are held (`RowNotFound`).
    pub async fn lease(pool: PgPool, owner: &str, clock: Clock, latch: Option<Latch>) -> Result<Self, sqlx::Error> {
        let generator = Self::new(pool, owner, clock, latch);
        generator.inner.keep().await?;
        if generator.inner.minter().is_some() { Ok(generator) } else { Err(sqlx::Error::RowNotFound) }
    }

    /// A new id: larger than every one this generator gave out, different from every one of any generator.
    pub fn next(&self) -> Result<i64, Unavailable> {
        let minted = match self.inner.minter().as_mut() {
            Some(minter) => minter.mint(self.inner.clock.unix_ms(), Instant::now()),
            None => Err(Unavailable::NoLease),
        };
        if minted.is_err() {
            self.inner.wanted.notify_one();
        }
        minted
    }

    /// Leases a number and keeps it until the process drains; what is in flight then has 20 s of minting left.
    ///
    /// Never fails: while the database is unavailable it keeps trying, and [`Generator::next`] says [`Unavailable`] in due time.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = shutdown.draining() => break,
                () = tokio::time::sleep(pause) => {}
                () = async {
                    self.inner.wanted.notified().await;
                    tokio::time::sleep(RETRY_AFTER.min(pause)).await;
                } => {}
            }
            pause = if self.inner.keep_and_report().await { RENEW_EVERY } else { RETRY_AFTER };
        }
        self.inner.keep_and_report().await;
        Ok(())
    }
}

impl Inner {
    fn minter(&self) -> MutexGuard<'_, Option<Minter>> {
        self.minter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews or leases, sets the latch, and says whether all is well.
    async fn keep_and_report(&self) -> bool {
        // A connection on which nothing is heard any more must not keep the next one from being tried.
        let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        let kept = tokio::time::timeout(RENEW_WITHIN, self.keep()).await.unwrap_or_else(late);
        if let Err(error) = &kept {
            tracing::warn!(error = %error, "the lease on a worker number could not be renewed");
        }
        let live = self.minter().as_ref().is_some_and(|minter| minter.is_live(Instant::now()));
        if let Some(latch) = &self.latch {
            latch.set(live);
        }
        metrics::gauge!("ids_lease_live").set(if live { 1.0 } else { 0.0 });
        kept.is_ok() && live
    }

    /// Renews the lease; takes another number when it has no number, when it was taken over, or when the clock stands before
    /// the last id, because under another number the same time is free.
    async fn keep(&self) -> Result<(), sqlx::Error> {
        // Both read before the question: the answer may take its time.
        let (now_ms, now) = (self.clock.unix_ms(), Instant::now());
        let held = self.minter().as_ref().filter(|minter| !minter.is_ahead_of(now_ms)).map(|m| m.lease.clone());
        if let Some(held) = held {
            if lease::renew(&self.pool, &held, now_ms).await? {
                if let Some(minter) = self.minter().as_mut() {
                    minter.renewed(now_ms, now);
                }
                return Ok(());
            }
            tracing::warn!(worker = held.worker, fence = held.fence, "another process took over the worker number");
            *self.minter() = None;
        }
        if let Some(taken) = lease::acquire(&self.pool, &self.owner, now_ms).await? {
            tracing::info!(worker = taken.worker, fence = taken.fence, "leased a worker number");
            *self.minter() = Some(Minter::new(taken, now_ms, now));
        } else {
            tracing::error!("all worker numbers are held");
        }
        Ok(())
    }
}
