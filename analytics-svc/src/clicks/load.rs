//! Writes rows that were made up: for benchmarks that need a database full of clicks. It goes the way of consumed clicks, by
//! the same encoder, sums and transaction, so that the tables look as they would.

use std::time::Duration;

use sqlx::PgPool;

use super::batch::Batch;
use super::commit::{CommitError, Committer};
use super::lease::Lease;
use super::prepare::fill;
use super::row::Row;
use crate::level::Level;

/// Writers have shards that no redirector uses, from here downwards.
const SHARD: i32 = i32::MAX;

/// A writer. Several at once have different numbers.
pub struct Loader {
    committer: Committer,
    minutes_since_ms: i64,
}

impl Loader {
    /// Takes its shard for an hour; every load prolongs that. Counters by minute are written for clicks from `minutes_since_ms`
    /// (since 1970) on, as older ones would be deleted.
    ///
    /// # Errors
    /// [`CommitError::Fenced`] while another one has the number.
    pub async fn new(pool: PgPool, number: u8, minutes_since_ms: i64) -> Result<Self, CommitError> {
        let lease = Lease::acquire(&pool, SHARD - i32::from(number), "loader", Duration::from_secs(3600)).await?;
        Ok(Self { committer: Committer::new(pool, lease.ok_or(CommitError::Fenced)?), minutes_since_ms })
    }

    /// Writes rows and counters in one transaction.
    ///
    /// # Errors
    /// As for a batch that is consumed.
    pub async fn load(&mut self, rows: Vec<Row>) -> Result<(), CommitError> {
        let mut batch = Batch::default();
        fill(&mut batch, rows);
        batch.rollups.levels[Level::Minute as usize].retain(|delta| delta.at_ms >= self.minutes_since_ms);
        self.committer.commit(&mut batch).await
    }
}
