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
