//! Who may write for a shard.
//!
//! The lease is a row in PostgreSQL and its times are PostgreSQL's, so that clocks of processes do not matter. Each new
//! owner raises the fence, and every transaction that writes for a shard first checks its fence on that row: an owner that
//! was stopped while another took over is refused, however long it believes to be the owner.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};

/// The right to write for a shard, until someone else takes over.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The shard.
    pub shard: i32,
    /// The fence under which this owner writes.
    pub fence: i64,
    length: Duration,
}

impl Lease {
    /// Takes the lease of `shard` when it is free, has run out or is this owner's own.
    pub async fn acquire(
        pool: &PgPool,
        shard: i32,
        owner: &str,
        length: Duration,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query("INSERT INTO click_shards (shard) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(shard)
            .execute(pool)
            .await?;
        let fence: Option<i64> = sqlx::query_scalar(
            "UPDATE click_shards SET fence = fence + 1, owner = $2, expires_at = clock_timestamp() + $3 * interval '1 ms' \
             WHERE shard = $1 AND (expires_at < clock_timestamp() OR owner = $2) RETURNING fence",
        )
        .bind(shard)
        .bind(owner)
        .bind(length.as_millis() as f64)
        .fetch_optional(pool)
        .await?;
        Ok(fence.map(|fence| Self { shard, fence, length }))
    }

    /// Checks the fence and prolongs the lease; false when someone else has taken over. Inside a transaction it also
    /// keeps others from taking over before the commit.
    pub async fn hold(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let held = sqlx::query(
            "UPDATE click_shards SET expires_at = clock_timestamp() + $3 * interval '1 ms' WHERE shard = $1 AND fence = $2",
        )
        .bind(self.shard)
        .bind(self.fence)
        .bind(self.length.as_millis() as f64)
        .execute(connection)
        .await?;
        Ok(held.rows_affected() == 1)
    }

    /// Gives the shard up at once instead of letting the lease run out.
    pub async fn release(self, pool: &PgPool) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE click_shards SET expires_at = '-infinity', owner = '' WHERE shard = $1 AND fence = $2")
            .bind(self.shard)
            .bind(self.fence)
            .execute(pool)
            .await?;
        Ok(())
    }

    /// How long the lease lasts without [`Lease::hold`].
    pub fn length(&self) -> Duration {
        self.length
    }
}
