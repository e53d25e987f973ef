//! Connections that stay open, and the streams of the services behind them.
//!
//! - [`feed`]: one stream of a service for all subscriptions to the same topic with the same credential.
//! - [`source`]: such a stream, opened again before its token ends and after it was lost.
//! - [`connections`]: caps on open connections, in all and per user.

pub mod connections;
pub mod feed;
mod recent;
pub mod source;

pub use connections::{ConnectionLimiter, ConnectionPermit, Owner};
pub use feed::{Clicks, Feeds, LinkChanges};

use std::sync::Arc;

use crate::upstreams::Upstreams;

/// The streams of the services that subscriptions read. Clones share them.
#[derive(Clone)]
pub struct LiveFeeds {
    /// Clicks as they happen.
    pub clicks: Arc<Clicks>,
    /// Changes of links as they happen.
    pub link_changes: Arc<LinkChanges>,
}

impl LiveFeeds {
    /// Opens no stream yet.
    pub fn new(upstreams: &Upstreams) -> Self {
        Self {
            clicks: Arc::new(Clicks::new(upstreams.live.clone())),
            link_changes: Arc::new(LinkChanges::new(upstreams.link_live.clone())),
        }
    }
}
