//! Following the stream of link events.

use std::sync::Arc;

use curtail_lifecycle::{Latch, Shutdown};
use curtail_proto::events::v1::Envelope;
use curtail_proto::links::v1::Target;
use curtail_streams::{Tail, TailEvent};
use tokio::sync::mpsc;

use super::Links;

/// Changes that wait to be put into Redis. When there are more, what Redis has by then is not believed.
const BACKLOG: usize = 4096;

/// Keeps `links` up to date with the events of `tail` until the process drains. `followed` is up from the first time that
/// the stream is heard: before it, every redirect would have to ask the owner.
pub async fn follow(links: Arc<Links>, tail: Tail, followed: Latch, shutdown: Shutdown) -> anyhow::Result<()> {
    let (to_share, changes) = mpsc::channel(BACKLOG);
    let sharing = tokio::spawn(share(links.clone(), changes));
    let tell = move |event| match event {
        TailEvent::Entry(envelope) => {
            if let Some(target) = target(*envelope).filter(|target| links.apply_event(target))
                && to_share.try_send(Change::Share(Box::new(target))).is_err()
            {
                links.invalidate_shared();
            }
        }
        TailEvent::Interrupted => links.events_interrupted(),
        TailEvent::Resumed => {
            links.events_resumed();
            followed.set(true);
            // A full backlog ends with Redis being believed again as well.
            let _ = to_share.try_send(Change::Trust);
        }
    };
    tail.run(tell, shutdown).await?;
    sharing.await?;
    Ok(())
}

/// What is to be done in Redis, in the order of the stream.
enum Change {
    Share(Box<Target>),
    Trust,
}

/// Puts changes into Redis. When one did not get there, Redis may have an older version and is not believed for a while.
async fn share(links: Arc<Links>, mut changes: mpsc::Receiver<Change>) {
    while let Some(change) = changes.recv().await {
        if let Change::Share(target) = change
            && let Err(error) = links.share(&target).await
        {
            tracing::debug!(%error, "a change could not be put into Redis");
            links.invalidate_shared();
        }
        if changes.is_empty() {
            links.validate_shared().await;
        }
    }
}

/// The link as an event tells it.
fn target(envelope: Envelope) -> Option<Target> {
    envelope.payload?.into_snapshot()??.target
}
