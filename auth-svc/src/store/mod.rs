//! The SQL, one file a table. Nothing here decides.
//!
//! Functions take a connection when they are part of a transaction and a pool when they stand alone.

pub mod api_keys;
pub mod audit_log;
pub mod erasure;
pub mod invitations;
pub mod mail_requests;
pub mod mail_tokens;
pub mod members;
pub mod revocations;
pub mod sessions;
pub mod signing_keys;
pub mod users;
pub mod workspaces;

/// Reads a small number that has a meaning; one without is a corrupt row.
fn known<T>(value: Option<T>, what: &'static str) -> Result<T, sqlx::Error> {
    value.ok_or_else(|| sqlx::Error::Decode(format!("unknown {what}").into()))
}
