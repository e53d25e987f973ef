//! Clicks as they happen, for those who watch.
//!
//! Whoever commits a batch publishes its clicks on Redis, one channel for each workspace; every replica serves its watchers
//! from there, so it does not matter which one owns a shard. Nothing here is needed for counting, and nothing here holds it
//! up: what is too much or too late for a watcher is left out and told as a number.
//!
//! [`Watched`] knows which workspaces somebody watches and picks their clicks out of a batch, [`Publisher`] sends them after
//! the commit, [`Rooms`] hands them to the watchers of this replica.

mod publisher;
mod rooms;
mod watched;

use fred::clients::Client;
use fred::interfaces::ClientLike as _;

pub use publisher::Publisher;
pub use rooms::Rooms;
pub use watched::{Picked, Watched};

/// The names of channels. Unlike keys, channels are common to all databases of a Redis server, so the database is in them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels {
    database: u8,
}

impl Channels {
    /// Those of the database that `client` uses.
    fn of(client: &Client) -> Self {
        Self { database: client.client_config().database.unwrap_or(0) }
    }

    /// What the channel of a workspace begins with; its id follows.
    fn prefix(self) -> String {
        format!("live:{}:clicks:", self.database)
    }

    /// The channel of a workspace.
    fn clicks(self, workspace_id: i64) -> String {
        format!("{}{workspace_id}", self.prefix())
    }

    /// The workspace of a channel.
    fn workspace(self, channel: &str) -> Option<i64> {
        channel.strip_prefix(&self.prefix())?.parse().ok()
    }

    /// On which a replica names a workspace that it begins to watch.
    fn announcements(self) -> String {
        format!("live:{}:watch", self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_names_its_workspace_and_no_other_database_has_it() {
        let (ours, theirs) = (Channels { database: 1 }, Channels { database: 2 });
        assert_eq!(ours.workspace(&ours.clicks(70)), Some(70));
        assert_eq!(theirs.workspace(&ours.clicks(70)), None);
        assert_eq!(ours.workspace(&ours.announcements()), None);
    }
}
