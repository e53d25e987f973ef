//! Webhooks: what happens in a workspace, as signed POSTs to addresses that its admins name.
//!
//! [`consume`] reads the streams and writes a delivery for each webhook that wants the event, one for each pair however often
//! the event comes. The [`sender`] takes what is due, tries it, and writes what became of it; a delivery that it took comes due
//! again by itself, so a sender may die at any point and the worst is that a receiver sees the same `webhook-id` twice. No
//! webhook gets more than its share of the sender (`sender/lanes.rs`): one that is dead or slow waits for itself alone.
//!
//! Headers, signature and the form of the body are those of Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! What was rejected: to send from the consumer (one receiver would hold up the stream), and a stream for each webhook (Redis
//! would have to keep what waits for a day, and no one could look it up).

mod app;
mod consume;
mod event;
mod instant;
mod limits;
mod message;
mod notice;
mod refusal;
mod rpcs;
mod schedule;
mod secret;
mod sender;
mod signature;
mod store;
mod upkeep;
mod webhook;

pub use self::app::App;
pub use self::rpcs::Service;
