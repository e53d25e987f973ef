//! redirector-svc: answers visitors of short links, and records their clicks.
//!
//! It owns nothing in PostgreSQL. What it needs for a warm code is in the process; everything else may be unavailable.
//!
//! - [`http`]: from the socket to the answer. hyper alone, one runtime for each thread.
//! - [`links`]: what a link answers at an instant.
//! - [`cache`]: process → Redis → shortener-svc, kept up to date by the stream of link events.
//! - [`clicks`]: what is kept of a visit, and which visits are clicks.
//! - [`spool`], [`ship`]: clicks on the local disk before the answer, then in the click streams, until they are counted.
//! - [`limits`], [`pages`], [`metrics`].
//!
//! Rejected: a channel between answer and spool (what is in it dies with the process), writing clicks to Redis before the
//! answer (a redirect would need Redis), axum on the way of a redirect (a tenth of the rate), a work-stealing runtime
//! (see docs/understand/redirects.md).

pub mod cache;
pub mod clicks;
pub mod http;
pub mod limits;
pub mod links;
pub mod metrics;
pub mod pages;
pub mod ship;
pub mod spool;
mod start;

pub use start::start;

/// Nothing: this service owns no tables. Here so that every service is migrated alike.
///
/// # Errors
/// Never.
pub async fn migrate(_: &curtail_config::Database) -> anyhow::Result<()> {
    Ok(())
}
