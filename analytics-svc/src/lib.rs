//! analytics-svc: counts every answered click exactly once and answers questions about them.
//!
//! Two halves share a schema and nothing else. [`clicks`] consumes the click streams: one owner for each shard, fenced; a
//! batch of clicks, the counters that they change and the positions of their producers are one transaction. [`query`] reads:
//! totals and series from rollups, filters and breakdowns from the raw clicks. [`rpc`] is the face of the second half.
//!
//! What was rejected: a unique index over click ids (the positions of producers say the same for nothing, and also tell a gap
//! from silence), counters in Redis (they would be as durable as it is), and a sketch on the raw clicks alone (a year of a
//! popular link would be read for each look at it).

pub mod alerts;
pub mod busiest;
pub mod clicks;
pub mod enrich;
pub mod erasure;
pub mod fold;
pub mod level;
pub mod links;
pub mod live;
pub mod partitions;
pub mod query;
pub mod retention;
pub mod rpc;
pub mod sketch;
mod start;
mod upkeep;

use sqlx::migrate::Migrator;

pub use self::start::start;

/// The name of the schema, and of the service among the others.
pub const SCHEMA: &str = "analytics";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings the schema up to date.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    curtail_db::migrate(database, SCHEMA, &MIGRATOR).await?;
    Ok(())
}

/// What a caller hears of a failed statement.
fn store_error(error: sqlx::Error) -> curtail_rpc::Error {
    if curtail_db::is_unavailable(&error) {
        curtail_rpc::Error::unavailable(error)
    } else {
        curtail_rpc::Error::internal(error)
    }
}
