//! notify-svc: tells people what happened, by mail and by webhook.

pub mod kind;
pub mod preferences;
pub mod rpcs;
mod start;
pub mod store;
mod webhooks;

use sqlx::migrate::Migrator;

pub use self::start::{Outside, Running, run, start};

/// The name of the schema, and of the service among the others.
pub const SCHEMA: &str = "notify";

/// The migrations of the schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Brings the schema up to date.
///
/// # Errors
/// When the database is away or a migration fails.
pub async fn migrate(database: &config::Database) -> anyhow::Result<()> {
    db::migrate(database, SCHEMA, &MIGRATOR).await?;
    Ok(())
}

/// What a caller hears of a failed statement.
fn store_error(error: sqlx::Error) -> ::rpc::Error {
    if db::is_unavailable(&error) { ::rpc::Error::unavailable(error) } else { ::rpc::Error::internal(error) }
}
