//! Sends the clicks of committed batches to whoever watches.

use bytes::Bytes;
use curtail_lifecycle::Shutdown;
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::PubsubInterface as _;
use prost::Message as _;
use tokio::sync::mpsc;

use super::channels;
use super::watched::Picked;

/// Batches that wait to be sent; more are left out.
const WAITING: usize = 16;

/// Takes what is to be published. Never waits. Clones share the queue.
#[derive(Clone)]
pub struct Publisher {
    queue: mpsc::Sender<Picked>,
}

impl Publisher {
    /// A publisher, and the queue for [`run`](Self::run).
    pub fn new() -> (Self, mpsc::Receiver<Picked>) {
        let (queue, waiting) = mpsc::channel(WAITING);
        (Self { queue }, waiting)
    }

    /// Publishes soon, or not at all when Redis does not keep up: a late live click is none.
    ///
    /// - `analytics_live_dropped_total`: clicks that were left out
    pub fn publish(&self, picked: Picked) {
        if picked.is_empty() {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(picked) | mpsc::error::TrySendError::Closed(picked)) =
            self.queue.try_send(picked)
        {
            dropped(&picked);
        }
    }

    /// Sends what is in the queue until the process drains.
    ///
    /// # Errors
    /// None; the type is what tasks return.
    pub async fn run(mut queue: mpsc::Receiver<Picked>, client: Client, shutdown: Shutdown) -> anyhow::Result<()> {
        loop {
            let picked = tokio::select! {
                picked = queue.recv() => picked,
                () = shutdown.draining() => return Ok(()),
            };
            let Some(picked) = picked else { return Ok(()) };
            if let Err(error) = send(&client, &picked).await {
                tracing::debug!(error = %error, "live clicks can not be published");
                dropped(&picked);
            }
        }
    }
}

async fn send(client: &Client, picked: &Picked) -> Result<(), Error> {
    let (channels, pipeline) = (channels(client), client.pipeline());
    for (workspace_id, message) in picked {
        let () = pipeline.publish(channels.clicks(*workspace_id), Bytes::from(message.encode_to_vec())).await?;
    }
    let _: Vec<i64> = pipeline.all().await?;
    Ok(())
}

fn dropped(picked: &Picked) {
    let clicks: usize = picked.iter().map(|(_, message)| message.clicks.len()).sum();
    metrics::counter!("analytics_live_dropped_total").increment(clicks as u64);
}
