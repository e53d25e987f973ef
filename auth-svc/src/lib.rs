//! auth-svc: accounts, sessions, API keys and the keys that sign tokens.
//!
//! Only this service sees passwords and signs for users. The gateway sends it the credential of a client and gets an internal
//! token that lives for a minute and that every service verifies itself. So a request costs auth-svc at most one exchange a
//! minute, and none at all while auth-svc is unavailable and the token lasts.
//!
//! | layer | modules |
//! |---|---|
//! | values and tools, which do not know the application | `domain`, `secrets`, `password_hasher`, `limits`, `signing_keys`, `issuer`, `activity`, `events`, `metrics` |
//! | what handlers share | [`App`] |
//! | resources: handler, use case, errors and tests; SQL in `store` | `users`, `account`, `registration`, `verification`, `passwords`, `sessions`, `workspaces`, `api_keys`, `audit`, `revocations`, `exchange`, `erasure` |
//! | tasks | `mail_worker`, [`maintenance`] |
//! | entry points | `rpc`, [`start`], [`admin`] |
//!
//! Modules import downwards in this table and sideways without circles. An event is written where its resource is.
//!
//! Rejected: storing spent refresh tokens (their numbers say the same, see `sessions::refresh`); memberships in access tokens
//! (they would be out of date for a quarter of an hour, so they are read at the exchange).

mod account;
mod activity;
pub mod admin;
mod api_keys;
mod app;
mod audit;
mod audit_events;
mod caller;
mod domain;
mod entropy;
mod erasure;
mod error;
mod events;
mod exchange;
mod issuer;
mod limits;
mod mail_requests;
mod mail_tokens;
mod mail_worker;
pub mod maintenance;
mod metrics;
mod password_hasher;
mod passwords;
mod registration;
mod revocations;
mod rpc;
mod secrets;
mod sessions;
mod signing_keys;
mod start;
mod users;
mod verification;
mod workspaces;

use sqlx::migrate::Migrator;

pub use api_keys::ApiKeyText;
pub use app::{App, Parts};
pub use entropy::Entropy;
pub use error::Error;
pub use start::{migrate, start};

/// The schema that this service owns.
pub const SCHEMA: &str = "auth";

/// The migrations of the schema `auth`.
pub static MIGRATOR: Migrator = sqlx::migrate!();
