//! PostgreSQL as every service uses it: one schema for each owning service, one pool for each process.
//!
//! - [`connect`]: a pool whose connections see only the service's schema and have every limit set.
//! - [`migrate`] and [`require_migrated`]: `curtail migrate` changes a schema, services only check it.
//! - [`outbox`]: events written in the transaction that caused them.
//! - [`partitions`]: months and days of partitioned tables, made ahead.
//! - [`probe`]: readiness that follows the database.
//! - [`constraint`], [`is_unavailable`]: what a store needs to know of an error.

mod connect;
mod errors;
mod migrate;
pub mod outbox;
pub mod partitions;
mod probe;

pub use connect::connect;
pub use errors::{constraint, is_unavailable};
pub use migrate::{MigrationFailed, NotMigrated, migrate, migrate_renamed, require_migrated, wait_migrated};
pub use probe::probe;
