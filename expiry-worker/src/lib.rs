//! expiry-worker: work that is due because time has passed.
//!
//! A [`Job`] takes no input and may run at any time, twice, and in two processes at once. The service that owns the data does the
//! work in transactions, so each piece of work is done once. The scheduler is therefore simple: workers poll the table `jobs`, and
//! one of them claims a job that is due. When a worker dies during a run, another takes over after ten seconds.
//!
//! - `jobs`: what each job does; `context`: what it needs (`JobContext`) and returns ([`RunReport`]).
//! - `scheduler` runs jobs when they are due, `manual` when an operator asks.
//! - `store`: the SQL of the service's schema.
//! - `erasure` follows the account events and deletes the dead letters of erased accounts.
//!
//! No job touches the schema of another service. What a service does for its own tables (partitions, outbox, idempotency
//! records) is not repeated here. Rejected: a leader that runs all jobs, since a claim for each job needs no election.

mod context;
mod erasure;
mod jobs;
mod manual;
mod metrics;
mod scheduler;
mod start;
mod store;

use sqlx::migrate::Migrator;

pub use self::context::RunReport;
pub use self::jobs::Job;
pub use self::manual::{list, run_manually};
pub use self::start::start;
pub use self::store::JobStatus;

/// The schema of this service.
pub const SCHEMA: &str = curtail_config::Service::Expiry.name();

/// The name of the schema in versions before 0.1.
const OLD_SCHEMA: &str = "upkeep";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Migrates the schema to the current version.
///
/// # Errors
/// When the database is unavailable or a migration fails.
pub async fn migrate(database: &curtail_config::Database) -> anyhow::Result<()> {
    Ok(curtail_db::migrate_renamed(database, Some(OLD_SCHEMA), SCHEMA, &MIGRATOR).await?)
}
