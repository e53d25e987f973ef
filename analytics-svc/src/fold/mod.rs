//! Folds the raw clicks of days that ended into rows from which breakdowns and filters are answered, whatever the number of
//! clicks.
//!
//! Nothing of it is on the way of a click. A day is [closed](close) some time after its end, and its workspaces are folded
//! one [portion](day) after the other, by any number of processes. Clicks that come later mark their workspace and day as
//! [stale] in the very transaction that writes them; questions read such days, and those that are not closed, from the raw
//! clicks until they are folded again.

mod close;
mod day;
pub mod packed;
pub mod stale;
mod store;
pub mod subject;

use std::time::Duration;

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use metrics::{counter, gauge};
use sqlx::PgPool;
use time::Date;

pub use self::close::Progress;
use crate::partitions;
use crate::query::tally::instant;
use crate::retention::Retention;

/// How often it is looked for something to fold.
const EVERY: Duration = Duration::from_secs(15);

/// How long a day that was folded waits for more late clicks after the first one.
pub const LATE: Duration = Duration::from_secs(600);

/// What folding needs.
pub struct Folding {
    /// The schema `analytics`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// How long raw clicks are kept.
    pub retention: Retention,
    /// How long after its end a day is closed.
    pub after: time::Duration,
    /// How long a stale day waits; see [`LATE`].
    pub late: Duration,
}

impl Folding {
    /// Works at once and then every few seconds, until draining begins.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        while !shutdown.is_draining() {
            tokio::select! {
                () = self.work() => {}
                () = shutdown.draining() => {}
            }
        }
        Ok(())
    }

    async fn work(&self) {
        if let Err(error) = self.round().await {
            tracing::warn!(error = %error, "cannot fold clicks");
        }
        tokio::time::sleep(EVERY).await;
    }

    /// Closes the days that are due and folds all that is stale, except for days at which another process is. Returns the number
    /// of clicks that were folded.
    ///
    /// # Errors
    /// The database's. What was committed stays.
    pub async fn round(&self) -> Result<u64, sqlx::Error> {
        let now = self.clock.now().to_offset(time::UtcOffset::UTC);
        let oldest_kept = instant(self.retention.at(self.clock.unix_ms()).raw_ms).date();
        let Some(oldest) = partitions::oldest(&self.pool).await? else { return Ok(0) };
        let open = now.checked_sub(self.after).unwrap_or(now).date();
        close::days(&self.pool, oldest.max(oldest_kept), open).await?;

        let late_ms = i64::try_from(self.late.as_millis()).unwrap_or(i64::MAX);
        let days = stale::days(&mut *self.pool.acquire().await?, oldest_kept, open, late_ms).await?;
        let mut folded = 0;
        for day in days {
            while let Some(clicks) = day::portion(&self.pool, day, late_ms).await? {
                counter!("analytics_folded_clicks_total").increment(clicks);
                folded += clicks;
            }
            self.measure(oldest_kept).await?;
        }
        self.measure(oldest_kept).await?;
        Ok(folded)
    }

    async fn measure(&self, oldest_kept: Date) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        gauge!("analytics_stale_days").set(stale::forget(&mut connection, oldest_kept).await? as f64);
        if let Some(until) = Progress::read(&mut connection).await?.folded_until {
            let lag = self.clock.now() - until.midnight().assume_utc();
            gauge!("analytics_fold_lag_seconds").set(lag.as_seconds_f64().max(0.0));
        }
        Ok(())
    }
}
