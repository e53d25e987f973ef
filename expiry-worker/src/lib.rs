//! expiry-worker: what has to happen because time passes.
//!
//! A [`Job`] is a function without input that may run at any time, twice, and in two processes at once: what it does, the
//! service that owns the data does in transactions, so a piece of work is done once whoever asks for it. The timer is
//! therefore simple: any number of workers look at the table `jobs`, one of them gets a job that is due, and one that was
//! killed is relieved by another after ten seconds.
//!
//! It owns the schema `upkeep`, where each job has its record. No job touches another schema; what a service does for itself
//! (partitions, outbox, old answers) is not repeated here.

mod by_hand;
mod done;
mod erasure;
mod job;
mod jobs;
mod start;
mod store;
mod timer;
mod tools;

use sqlx::migrate::Migrator;

pub use self::by_hand::{list, run_by_hand};
pub use self::done::Done;
pub use self::job::Job;
pub use self::start::{Running, run, start};
pub use self::store::status::Status;

/// The name of the schema.
pub const SCHEMA: &str = "upkeep";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings the schema up to date.
///
/// # Errors
/// When the database is away or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    Ok(curtail_db::migrate(database, SCHEMA, &MIGRATOR).await?)
}
