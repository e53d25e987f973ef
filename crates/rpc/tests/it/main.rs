//! Calls over real connections.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod backend;
mod breaker;
mod client;
mod documented;
mod drain;
mod factories;
mod foreign;
mod key_ring;
mod limits;
mod signed;
mod strangers;
mod streams;
