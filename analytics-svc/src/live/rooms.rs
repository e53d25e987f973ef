//! Hands the published clicks to the watchers of this replica, and says which workspaces they watch.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use curtail_fanout::{Room, Watch};
use curtail_lifecycle::Shutdown;
use curtail_proto::analytics::v1::WatchClicksResponse;
use curtail_streams::topology::LiveChannels;
use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{EventInterface as _, PubsubInterface as _};
use fred::types::Message;
use prost::Message as _;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, watch};

use super::channels;
use super::watched::Watched;

/// How often Redis is asked which workspaces are watched, and empty rooms are closed.
const LOOK: Duration = Duration::from_secs(4);

/// The pause after Redis did not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// The rooms of this replica: one for each workspace that someone watches here.
pub struct Rooms {
    client: Client,
    channels: LiveChannels,
    watched: Arc<Watched>,
    rooms: Mutex<HashMap<i64, Room<WatchClicksResponse>>>,
    changed: Notify,
    /// The workspaces whose channel is listened to.
    listening: watch::Sender<HashSet<i64>>,
}

impl Rooms {
    /// Listens by `client`, which is used for nothing that blocks.
    pub fn new(client: Client, watched: Arc<Watched>) -> Self {
        let channels = channels(&client);
        let (rooms, changed, listening) = (Mutex::default(), Notify::new(), watch::Sender::default());
        Self { client, channels, watched, rooms, changed, listening }
    }

    /// Watches a workspace, or one link of it; when this returns, Redis has been told.
    pub async fn watch(&self, workspace_id: i64, link_id: i64) -> Watch<WatchClicksResponse> {
        let watch = self.lock().entry(workspace_id).or_default().watch(link_id);
        self.changed.notify_one();
        // The sender lives as long as this.
        let _ = self.listening.subscribe().wait_for(|listening| listening.contains(&workspace_id)).await;
        watch
    }

    /// Serves until the process drains. While Redis is unavailable watchers see nothing, and nothing is counted either.
    ///
    /// # Errors
    /// None; the type is what tasks return.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) -> anyhow::Result<()> {
        tokio::select! {
            () = self.hand_out() => {}
            () = self.listen() => {}
            () = shutdown.draining() => {}
        }
        Ok(())
    }

    /// - `analytics_live_lost_total`: messages that came faster than this replica could take them
    async fn hand_out(&self) {
        let mut messages = self.client.message_rx();
        loop {
            match messages.recv().await {
                Ok(message) => self.take(&message),
                Err(RecvError::Lagged(lost)) => metrics::counter!("analytics_live_lost_total").increment(lost),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn take(&self, message: &Message) {
        if message.channel == self.channels.announcements() {
            let named = message.value.as_str().and_then(|text| text.parse().ok());
            return self.watched.say(named, Instant::now());
        }
        let Some(workspace_id) = self.channels.workspace(&message.channel) else { return };
        let Some(clicks) = message.value.as_bytes().and_then(|bytes| WatchClicksResponse::decode(bytes).ok()) else {
            tracing::error!(workspace_id, "a message of live clicks does not decode");
            return;
        };
        if let Some(room) = self.lock().get(&workspace_id) {
            room.tell(clicks);
        }
    }

    /// Keeps the channels in step with the rooms, also after Redis was unavailable.
    async fn listen(&self) {
        let mut reconnects = self.client.reconnect_rx();
        let mut look = tokio::time::interval(LOOK);
        let mut everything = true;
        loop {
            match self.keep_up(std::mem::take(&mut everything)).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::debug!(error = %error, "Redis can not be listened to");
                    everything = true;
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            }
            tokio::select! {
                () = self.changed.notified() => {}
                _ = look.tick() => self.look().await,
                // A new connection listens to nothing.
                _ = reconnects.recv() => everything = true,
            }
        }
    }

    /// `everything`: nothing of it is known to be listened to.
    async fn keep_up(&self, everything: bool) -> Result<(), Error> {
        if everything {
            self.listening.send_replace(HashSet::new());
            self.client.subscribe(self.channels.announcements()).await?;
        }
        let wanted: HashSet<i64> = {
            let mut rooms = self.lock();
            rooms.retain(|_, room| !room.is_empty());
            rooms.keys().copied().collect()
        };
        metrics::gauge!("analytics_live_workspaces").set(wanted.len() as f64);
        let listening = self.listening.borrow().clone();
        let (fresh, stale) = (self.names(wanted.difference(&listening)), self.names(listening.difference(&wanted)));
        if !stale.is_empty() {
            self.client.unsubscribe(stale).await?;
        }
        if !fresh.is_empty() {
            self.client.subscribe(fresh).await?;
            for workspace_id in wanted.difference(&listening) {
                let _: i64 = self.client.publish(self.channels.announcements(), workspace_id.to_string()).await?;
            }
        }
        if listening != wanted {
            self.listening.send_replace(wanted);
        }
        Ok(())
    }

    /// Asks who is listened to anywhere: an announcement may have been missed.
    async fn look(&self) {
        match self.client.pubsub_channels::<Vec<String>, _>(self.channels.clicks_pattern()).await {
            Ok(channels) => {
                let workspaces = channels.iter().filter_map(|name| self.channels.workspace(name));
                self.watched.say(workspaces, Instant::now());
            }
            Err(error) => tracing::debug!(error = %error, "Redis does not tell who watches"),
        }
    }

    fn names<'a>(&self, workspaces: impl Iterator<Item = &'a i64>) -> Vec<String> {
        workspaces.map(|id| self.channels.clicks(*id)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Room<WatchClicksResponse>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
