//! Tells others what happens to links: [traffic spikes](spikes) and [weekly reports](weekly), as events on the stream
//! `alerts`.
//!
//! Every replica looks. Whichever commits first has told it: what was told is a row in the same transaction as the event.

pub mod spikes;
pub mod weekly;

use std::time::Duration;

use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use curtail_proto::events::v1::Envelope;
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::timestamp;
use curtail_streams::RelayHandle;
use rand::Rng;
use rand::rngs::StdRng;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

/// The stream of the events.
pub const STREAM: &str = curtail_streams::topology::ALERTS;

/// How often clicks are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// What looking needs.
pub struct Alerts {
    /// The schema `analytics`.
    pub pool: PgPool,
    /// The clock.
    pub clock: Clock,
    /// What is a spike.
    pub rule: spikes::Rule,
    /// Where the ids of events come from.
    pub rng: StdRng,
    /// Woken after an event was written.
    pub relay: RelayHandle,
}

impl Alerts {
    /// Looks at once and then every ten seconds, until draining begins.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        // The last week of which every workspace has its report.
        let mut reported = None;
        while !shutdown.is_draining() {
            if let Err(error) = self.look(&mut reported).await {
                tracing::warn!(error = %error, "cannot look for alerts");
            }
            shutdown.sleep(EVERY).await;
        }
        Ok(())
    }

    async fn look(&mut self, reported: &mut Option<Date>) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let mut told = spikes::look(&self.pool, now, self.rule, &mut self.rng).await?;
        metrics::counter!("analytics_spikes_total").increment(told);
        let week = weekly::last_week(now);
        if *reported != Some(week) {
            let reports = weekly::report(&self.pool, now, &mut self.rng).await?;
            metrics::counter!("analytics_weekly_reports_total").increment(reports);
            told += reports;
            *reported = Some(week);
        }
        if told > 0 {
            self.relay.wake();
        }
        Ok(())
    }
}

/// Deletes the traces of what was told so long ago that no one asks for it any more.
pub async fn forget(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM spikes WHERE window_start < $1").bind(now - spikes::QUIET * 2).execute(pool).await?;
    let (weeks, week) = (time::Duration::weeks(8), weekly::last_week(now));
    sqlx::query("DELETE FROM weekly_reports WHERE week_start < $1").bind(week - weeks).execute(pool).await?;
    Ok(())
}

fn envelope(workspace_id: i64, now: OffsetDateTime, rng: &mut impl Rng, payload: Payload) -> Envelope {
    let mut event_id = vec![0; 16];
    rng.fill_bytes(&mut event_id);
    Envelope {
        event_id,
        occurred_at: Some(timestamp(now)),
        workspace_id,
        traceparent: String::new(),
        payload: Some(payload),
    }
}
