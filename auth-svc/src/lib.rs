//! auth-svc: accounts, sessions, API keys and the keys that sign tokens.
//!
//! It is the only place that sees passwords and the only one that signs for users. The gateway hands it whatever credential a
//! client shows and gets a token of a minute's life, which every service verifies itself; so a request costs auth-svc at most
//! one exchange a minute, and nothing at all while auth-svc is away and the token lasts.
//!
//! - [`domain`]: values with their bounds.
//! - [`services`]: what is decided; signing up and in, sessions, exchange, API keys, signing keys, limits.
//! - [`store`]: the SQL of the schema `auth`.
//! - [`rpcs`]: the gRPC face, one file an RPC.
//! - [`admin`]: what the command line does without a running service.
//!
//! Rejected: storing spent refresh tokens (their numbers say the same, see [`services::sessions`]); memberships in access
//! tokens (they would be out of date for a quarter of an hour, so they are read at the exchange).

pub mod admin;
mod app;
mod convert;
pub mod domain;
mod entropy;
mod error;
pub mod rpcs;
pub mod secrets;
pub mod services;
pub mod settings;
mod start;
pub mod store;

pub use app::{App, Parts};
pub use entropy::Entropy;
pub use error::Error;
pub use start::{MIGRATOR, Running, migrate, run, start};

/// The schema that this service owns.
pub const SCHEMA: &str = "auth";
