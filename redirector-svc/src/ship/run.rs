//! The task that sends clicks and follows their counting.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::shipment_tracker::DeliveryState;
use super::{Producer, ShipmentTracker, adopt};
use crate::spool::{Usage, WakeSignal};

/// How often the consumer's word is asked for while something is not counted.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How often directories of dead processes are looked for.
const ADOPT_EVERY: Duration = Duration::from_secs(5);
/// The pause after an error, so that an unavailable or full Redis gets few requests.
const PAUSE: Duration = Duration::from_millis(250);
/// Batches of one producer before the others get their turn.
const TURN: usize = 64;
/// At the end: how long sending, and then waiting to see it counted, may take.
const LAST_SEND: Duration = Duration::from_secs(5);
const LAST_COUNT: Duration = Duration::from_secs(1);

/// The bounds of shipping.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The spool, where dead producers are looked for.
    pub root: PathBuf,
    /// How many click streams there are.
    pub shards: u32,
    /// The most clicks of one entry.
    pub batch: u64,
    /// How long a click may wait for company.
    pub linger: Duration,
    /// The most clicks of one producer that are sent and not counted.
    pub window: u64,
}

/// Sends the clicks of all producers.
pub struct Shipper {
    settings: Settings,
    tracker: ShipmentTracker,
    usage: Arc<Usage>,
    wake: Arc<WakeSignal>,
    producers: Vec<Producer>,
    run_id: String,
    asked: Option<Instant>,
    adopted: Option<Instant>,
}

impl Shipper {
    /// For the `live` producers of this process, which notify `wake`.
    pub fn new(
        settings: Settings,
        tracker: ShipmentTracker,
        usage: Arc<Usage>,
        wake: Arc<WakeSignal>,
        live: Vec<Producer>,
    ) -> Self {
        Self { settings, tracker, usage, wake, producers: live, run_id: String::new(), asked: None, adopted: None }
    }

    /// Runs until `stop`, which must come after the last click; then sends what is left, within a few seconds. What can
    /// not be sent stays in the spool for the next process.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        while !stop.is_cancelled() {
            self.adopt();
            let done = self.round().await;
            self.show();
            let pause = async {
                match done {
                    Err(error) => {
                        tracing::debug!(%error, "clicks wait in the spool");
                        tokio::time::sleep(PAUSE).await;
                    }
                    Ok(()) if self.producers.iter().any(|producer| producer.depth() > 0) => {
                        tokio::time::sleep(self.settings.linger.min(ASK_EVERY)).await;
                    }
                    Ok(()) => {
                        let work = || self.producers.iter().any(Producer::has_unsent);
                        let _ = tokio::time::timeout(ADOPT_EVERY, self.wake.wait(work)).await;
                        tokio::time::sleep(self.settings.linger).await;
                    }
                }
            };
            tokio::select! {
                () = pause => {}
                () = stop.cancelled() => {}
            }
        }
        self.finish().await;
        Ok(())
    }

    fn adopt(&mut self) {
        if self.adopted.is_none_or(|when| when.elapsed() >= ADOPT_EVERY) {
            self.adopted = Some(Instant::now());
            self.producers.extend(adopt::dead_producers(&self.settings.root, &self.usage, self.settings.shards));
        }
    }

    /// Hears the consumer if it is time, then sends.
    async fn round(&mut self) -> anyhow::Result<()> {
        let waiting = self.producers.iter().any(|producer| producer.depth() > 0);
        if waiting && self.asked.is_none_or(|when| when.elapsed() >= ASK_EVERY) {
            self.ask().await?;
            self.asked = Some(Instant::now());
        }
        self.send().await
    }

    async fn ask(&mut self) -> anyhow::Result<()> {
        let ids: Vec<_> = self.producers.iter().map(Producer::id).collect();
        let report = self.tracker.report(&ids).await?;
        if !self.run_id.is_empty() && self.run_id != report.run_id {
            self.producers.iter_mut().for_each(Producer::rewind);
        }
        self.run_id = report.run_id;
        for (producer, word) in self.producers.iter_mut().zip(report.producers) {
            let replayed = producer.hear(word).unwrap_or_else(|error| {
                // The others must not wait for a directory that cannot be changed.
                tracing::warn!(producer = %producer.id(), %error, "counted clicks cannot be removed from the spool");
                false
            });
            if let Some(seq) = word.replay.filter(|_| replayed) {
                tracing::info!(producer = %producer.id(), seq, "the consumer asked for a replay");
                self.tracker.clear_replay(producer.id(), seq).await?;
            }
            if let Some(entry) = producer.overdue()
                && self.tracker.delivery_state(producer.stream(), &entry).await? == DeliveryState::Gone
            {
                tracing::warn!(producer = %producer.id(), "sent clicks are gone uncounted; sending them again");
                producer.rewind();
            }
        }
        let (finished, rest) = std::mem::take(&mut self.producers).into_iter().partition(Producer::is_finished);
        self.producers = rest;
        retire(finished);
        Ok(())
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let mut more = true;
        while more && self.asked.is_none_or(|when| when.elapsed() < ASK_EVERY) {
            more = false;
            for producer in &mut self.producers {
                more |= send_turn(&self.tracker, &self.settings, producer).await?;
            }
        }
        Ok(())
    }

    async fn finish(&mut self) {
        let deadline = Instant::now() + LAST_SEND;
        let unsent = |shipper: &Self| shipper.producers.iter().any(Producer::has_unsent);
        self.try_until(deadline, unsent).await;
        if !unsent(self) {
            let uncounted = |shipper: &Self| shipper.producers.iter().any(|producer| producer.depth() > 0);
            self.try_until(Instant::now() + LAST_COUNT, uncounted).await;
        }
        self.show();
        retire(std::mem::take(&mut self.producers));
    }

    async fn try_until(&mut self, deadline: Instant, open: impl Fn(&Self) -> bool) {
        while open(self) && Instant::now() < deadline {
            let round = tokio::time::timeout_at(deadline.into(), self.round()).await;
            if let Ok(Err(error)) = round {
                tracing::debug!(%error, "clicks could not be sent at the end");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn show(&self) {
        let clicks: u64 = self.producers.iter().map(Producer::depth).sum();
        metrics::gauge!("redirector_spool_clicks").set(clicks as f64);
        metrics::gauge!("redirector_spool_bytes").set(self.usage.bytes() as f64);
        metrics::gauge!("redirector_spool_producers").set(self.producers.len() as f64);
    }
}

/// Sends up to [`TURN`] batches of one producer. True when there may be more.
async fn send_turn(
    tracker: &ShipmentTracker,
    settings: &Settings,
    producer: &mut Producer,
) -> Result<bool, fred::error::Error> {
    for _ in 0..TURN {
        let batch = match producer.next_batch(settings.batch, settings.window) {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(false),
            Err(error) => {
                // The others must not wait for a directory that cannot be read.
                tracing::warn!(producer = %producer.id(), %error, "clicks cannot be read from the spool");
                return Ok(false);
            }
        };
        match tracker.send(producer.stream(), producer.encode(&batch)).await {
            Ok(entry) => producer.sent(&batch, entry),
            Err(error) => {
                producer.not_sent(&batch);
                metrics::counter!("redirector_ship_errors_total").increment(1);
                return Err(error);
            }
        }
        metrics::counter!("redirector_clicks_shipped_total").increment(batch.count);
        // A small batch is all there was: better wait for company.
        if batch.count < settings.batch && batch.lost == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn retire(producers: Vec<Producer>) {
    for producer in producers {
        let id = producer.id();
        if let Err(error) = producer.retire() {
            tracing::warn!(producer = %id, %error, "the directory of a producer could not be put in order");
        }
    }
}
