//! Writes rows that were made up: for benchmarks that need a database full of clicks. It goes the way of consumed clicks, by
//! the same encoder, sums and transaction, so that the tables look as they would.

use std::time::Duration;

use sqlx::PgPool;

use super::batch::Batch;
use super::commit::{CommitError, Committer};
use super::lease::Lease;
use super::prepare::fill;
use super::row::Row;

/// Writes to a shard that no redirector uses.
const SHARD: i32 = i32::MAX;

/// The writer. There is one for a database at a time.
pub struct Loader(Committer);

impl Loader {
    /// Takes the shard for an hour; every load prolongs that.
    ///
    /// # Errors
    /// [`CommitError::Fenced`] while another one has it.
    pub async fn new(pool: PgPool) -> Result<Self, CommitError> {
        let lease = Lease::acquire(&pool, SHARD, "loader", Duration::from_secs(3600)).await?;
        Ok(Self(Committer::new(pool, lease.ok_or(CommitError::Fenced)?)))
    }

    /// Writes rows and counters in one transaction.
    ///
    /// # Errors
    /// As for a batch that is consumed.
    pub async fn load(&mut self, rows: Vec<Row>) -> Result<(), CommitError> {
        let mut batch = Batch::default();
        fill(&mut batch, rows);
        self.0.commit(&mut batch).await
    }
}
