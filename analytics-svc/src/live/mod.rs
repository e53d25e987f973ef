//! Clicks as they happen, for those who watch.
//!
//! Whoever commits a batch publishes its clicks on Redis, one channel for each workspace; every replica serves its watchers
//! from there, so it does not matter which one owns a shard. Nothing here is needed for counting, and nothing here holds it
//! up: what is too much or too late for a watcher is left out and told as a number.
//!
//! [`Watched`] knows which workspaces someone watches and picks their clicks out of a batch, [`Publisher`] sends them after
//! the commit, [`Rooms`] hands them to the watchers of this replica.

mod publisher;
mod rooms;
mod watched;

use curtail_streams::topology::LiveChannels;
use fred::clients::Client;
use fred::interfaces::ClientLike as _;

pub use publisher::Publisher;
pub use rooms::Rooms;
pub use watched::{Picked, Watched};

/// The channels of the database that `client` uses.
pub(crate) fn channels(client: &Client) -> LiveChannels {
    LiveChannels { database: client.client_config().database.unwrap_or(0) }
}
