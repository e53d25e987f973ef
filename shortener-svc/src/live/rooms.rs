//! Hands changes to the watchers of this replica.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use curtail_fanout::{Room, Watch};
use curtail_lifecycle::Shutdown;
use curtail_proto::links::v1::{LinkChange, WatchLinksResponse};
use curtail_streams::{Tail, TailEvent};
use tokio::sync::{Notify, watch};

use super::change;
use crate::link::event::STREAM;

/// For how long changes are collected: a bulk create is a few messages instead of a thousand.
const COMPANY: Duration = Duration::from_millis(20);

/// Changes of one message; that many of the largest links fit into the default `rpc.max_message_bytes`.
const MESSAGE: usize = 64;

/// Changes of one workspace that are collected at most.
const COLLECTED: usize = 2048;

/// How often rooms without watchers are closed.
const LOOK: Duration = Duration::from_secs(4);

/// The rooms of this replica: one for each workspace that someone watches here.
#[derive(Default)]
pub struct Rooms {
    rooms: Mutex<HashMap<i64, Room<WatchLinksResponse>>>,
    somebody: Notify,
    /// Whether nothing that happens from now on is missed.
    following: watch::Sender<bool>,
    /// By workspace, what was read and not handed out yet.
    collected: Mutex<HashMap<i64, WatchLinksResponse>>,
    news: Notify,
}

impl Rooms {
    /// Watches a workspace, or one link of it. Everything that is published after this returns will be seen.
    pub async fn watch(&self, workspace_id: i64, link_id: i64) -> Watch<WatchLinksResponse> {
        let watch = self.rooms().entry(workspace_id).or_default().watch(link_id);
        self.somebody.notify_one();
        // The sender lives as long as this.
        let _ = self.following.subscribe().wait_for(|following| *following).await;
        watch
    }

    /// Serves until the process drains. What happens while Redis is unavailable is seen when it is back.
    ///
    /// # Errors
    /// When the URL of Redis does not parse.
    pub async fn run(self: Arc<Self>, redis: curtail_config::Redis, shutdown: Shutdown) -> anyhow::Result<()> {
        tokio::select! {
            ended = self.follow(&redis, &shutdown) => ended,
            () = self.hand_out() => Ok(()),
            () = shutdown.draining() => Ok(()),
        }
    }

    /// Follows the stream while someone watches.
    async fn follow(&self, redis: &curtail_config::Redis, shutdown: &Shutdown) -> anyhow::Result<()> {
        loop {
            self.somebody.notified().await;
            let tail = Tail::new(redis, STREAM)?;
            tokio::select! {
                ended = tail.run(|event| self.take(event), shutdown.clone()) => return ended,
                () = self.nobody() => {}
            }
        }
    }

    /// Closes rooms without watchers until there is none left.
    async fn nobody(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut rooms = self.rooms();
            rooms.retain(|_, room| !room.is_empty());
            metrics::gauge!("links_live_workspaces").set(rooms.len() as f64);
            if rooms.is_empty() {
                // While the rooms are locked: who comes next waits until the stream is followed again.
                self.following.send_replace(false);
                return;
            }
        }
    }

    fn take(&self, event: TailEvent) {
        match event {
            TailEvent::Resumed => drop(self.following.send_replace(true)),
            // It goes on where it was left.
            TailEvent::Interrupted => {}
            TailEvent::Entry(envelope) => {
                let workspace_id = envelope.workspace_id;
                if !self.rooms().contains_key(&workspace_id) {
                    return;
                }
                if let Some(change) = change::of(*envelope) {
                    collect(self.collected().entry(workspace_id).or_default(), change);
                    self.news.notify_one();
                }
            }
        }
    }

    async fn hand_out(&self) {
        loop {
            self.news.notified().await;
            tokio::time::sleep(COMPANY).await;
            let collected = std::mem::take(&mut *self.collected());
            let rooms = self.rooms();
            for (workspace_id, batch) in collected {
                let Some(room) = rooms.get(&workspace_id) else { continue };
                messages(batch).for_each(|message| room.tell(message));
            }
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<i64, Room<WatchLinksResponse>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collected(&self) -> MutexGuard<'_, HashMap<i64, WatchLinksResponse>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn collect(batch: &mut WatchLinksResponse, change: LinkChange) {
    if batch.changes.len() < COLLECTED {
        batch.changes.push(change);
    } else {
        batch.skipped += 1;
    }
}

/// What was collected, in messages that are not too long.
fn messages(batch: WatchLinksResponse) -> impl Iterator<Item = WatchLinksResponse> {
    let WatchLinksResponse { mut changes, mut skipped } = batch;
    std::iter::from_fn(move || {
        if changes.is_empty() {
            return None;
        }
        let rest = changes.split_off(changes.len().min(MESSAGE));
        let message = WatchLinksResponse { changes: std::mem::replace(&mut changes, rest), skipped: 0 };
        // What was left out came last.
        let skipped = if changes.is_empty() { std::mem::take(&mut skipped) } else { 0 };
        Some(WatchLinksResponse { skipped, ..message })
    })
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{Envelope, LinkSnapshot, LinkUpdated, envelope::Payload};
    use curtail_proto::links::v1::Link;

    use super::*;

    #[test]
    fn much_at_once_is_told_in_several_messages_and_too_much_as_a_number() {
        let sizes = |count: usize| -> Vec<_> {
            let mut batch = WatchLinksResponse::default();
            (0..count).for_each(|_| collect(&mut batch, LinkChange::default()));
            messages(batch).map(|message| (message.changes.len(), message.skipped)).collect()
        };
        assert_eq!(sizes(0), []);
        assert_eq!(sizes(MESSAGE), [(MESSAGE, 0)]);
        assert_eq!(sizes(MESSAGE + 1), [(MESSAGE, 0), (1, 0)]);
        assert_eq!(sizes(COLLECTED).last(), Some(&(MESSAGE, 0)));
        assert_eq!(sizes(COLLECTED + 1).last(), Some(&(MESSAGE, 1)));
    }

    #[tokio::test]
    async fn nobody_is_told_of_workspaces_without_watchers() {
        let rooms = Rooms::default();
        rooms.take(TailEvent::Resumed);
        let watch = rooms.watch(1, 0).await;
        let event = |workspace_id| {
            let snapshot = Some(LinkSnapshot { link: Some(Link::default()), target: None });
            let payload = Some(Payload::LinkUpdated(LinkUpdated { snapshot }));
            TailEvent::Entry(Box::new(Envelope { workspace_id, payload, ..Envelope::default() }))
        };
        rooms.take(event(1));
        rooms.take(event(2));
        assert_eq!(rooms.collected().keys().collect::<Vec<_>>(), [&1]);
        drop(watch);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_after_a_pause_waits_until_the_stream_is_followed_again() {
        let rooms = Rooms::default();
        rooms.take(TailEvent::Resumed);
        let watch = rooms.watch(1, 0).await;
        assert!(tokio::time::timeout(LOOK * 3, rooms.nobody()).await.is_err(), "somebody watches");
        drop(watch);
        rooms.nobody().await;
        assert!(tokio::time::timeout(LOOK, rooms.watch(1, 0)).await.is_err());
        rooms.take(TailEvent::Resumed);
        rooms.watch(1, 0).await;
    }
}
