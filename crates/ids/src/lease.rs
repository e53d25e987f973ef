//! Leases on worker numbers in PostgreSQL. Whether one has run out is judged by the database's clock alone.

use sqlx::postgres::PgPool;

use crate::{WORKERS, minter::LEASE_TTL};

/// A worker number that is ours until it runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// 0-1023.
    pub(crate) worker: i16,
    /// Grows with every holder of the number.
    pub(crate) fence: i64,
    /// Earlier holders may have minted up to here. Unix milliseconds; 0 when there was none.
    pub(crate) used_through_ms: i64,
}

/// Takes a number that no one holds: one never used if there is any, else the one that ran out longest ago. Numbers whose
/// reserved time is not over by our clock are left alone. `None` when all are held.
pub(crate) async fn acquire(pool: &PgPool, owner: &str, now_ms: i64) -> Result<Option<Lease>, sqlx::Error> {
    // Someone else may take the number between the choice and the insert; then choose again.
    for _ in 0..10 {
        let row: Option<(i16, i64)> = sqlx::query_as(
            "SELECT n.worker::smallint, coalesce(w.high_water_ms, 0)
             FROM generate_series(0, $1 - 1) AS n (worker) LEFT JOIN id_workers AS w USING (worker)
             WHERE w.worker IS NULL OR (w.expires_at < now() AND w.high_water_ms < $2)
             ORDER BY w.expires_at NULLS FIRST, n.worker LIMIT 1",
        )
        .bind(i32::from(WORKERS))
        .bind(now_ms)
        .fetch_optional(pool)
        .await?;
        let Some((worker, used_through_ms)) = row else { return Ok(None) };
        let fence: Option<i64> = sqlx::query_scalar(
            "INSERT INTO id_workers AS w (worker, owner, fence, expires_at, high_water_ms)
             VALUES ($1, $2, 1, now() + $3 * interval '1 ms', $4 + $3)
             ON CONFLICT (worker) DO UPDATE SET owner = excluded.owner, fence = w.fence + 1,
                 expires_at = excluded.expires_at, high_water_ms = excluded.high_water_ms
             WHERE w.expires_at < now() AND w.high_water_ms = $5
             RETURNING w.fence",
        )
        .bind(worker)
        .bind(owner)
        .bind(ttl_ms())
        .bind(now_ms)
        .bind(used_through_ms)
        .fetch_optional(pool)
        .await?;
        if let Some(fence) = fence {
            return Ok(Some(Lease { worker, fence, used_through_ms }));
        }
    }
    Ok(None)
}

/// Extends the lease and reserves the time up to its new end. `false`: someone else has the number now.
pub(crate) async fn renew(pool: &PgPool, lease: &Lease, now_ms: i64) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query(
        "UPDATE id_workers SET expires_at = now() + $3 * interval '1 ms',
             high_water_ms = greatest(high_water_ms, $4 + $3)
         WHERE worker = $1 AND fence = $2",
    )
    .bind(lease.worker)
    .bind(lease.fence)
    .bind(ttl_ms())
    .bind(now_ms)
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

fn ttl_ms() -> i64 {
    i64::try_from(LEASE_TTL.as_millis()).expect("seconds")
}
