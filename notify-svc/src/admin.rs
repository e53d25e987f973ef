//! What an operator does with messages directly on the database.

use curtail_clock::Clock;
use curtail_config::Config;

use crate::SCHEMA;
use crate::store::messages::{self, Row};

/// The most dead messages that are listed.
const MOST: i64 = 100;

/// The messages that were given up, the latest first; at most 100.
///
/// # Errors
/// When the database is unavailable.
pub async fn dead(config: &Config) -> anyhow::Result<Vec<Row>> {
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    Ok(messages::list_dead(&pool, MOST).await?)
}

/// Makes dead messages due again: one, or all of them. How many there were.
///
/// # Errors
/// When the database is unavailable.
pub async fn redrive(config: &Config, id: Option<&[u8]>) -> anyhow::Result<u64> {
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    Ok(messages::redrive(&pool, id, Clock::system().now()).await?)
}
