//! How many links a workspace made in a month. The limit is soft: creates that run at the same moment do not see each other,
//! so a workspace may end up a handful above it, never below.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sqlx::PgExecutor;
use time::{Date, OffsetDateTime};

/// Rows that the count of one workspace is spread over.
const SLOTS: u64 = 32;

/// Gives out slots in turn, so that neighbours never wait for the same row.
#[derive(Debug, Default)]
pub struct Slots(AtomicU64);

impl Slots {
    /// The next slot.
    pub fn next(&self) -> i16 {
        i16::try_from(self.0.fetch_add(1, Relaxed) % SLOTS).expect("there are 32 slots")
    }
}

/// The month that `now` belongs to (UTC).
pub fn month(now: OffsetDateTime) -> Date {
    now.date().replace_day(1).expect("every month has a first day")
}

/// Links that the workspace made in `month`.
pub async fn used(conn: impl PgExecutor<'_>, workspace: i64, month: Date) -> Result<u64, sqlx::Error> {
    let used: i64 =
        sqlx::query_scalar("select coalesce(sum(links), 0)::bigint from usage where workspace_id = $1 and month = $2")
            .bind(workspace)
            .bind(month)
            .fetch_one(conn)
            .await?;
    Ok(used.cast_unsigned())
}

/// Counts `links` more.
pub async fn add(
    conn: impl PgExecutor<'_>,
    workspace: i64,
    month: Date,
    slot: i16,
    links: usize,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into usage (workspace_id, month, slot, links) values ($1, $2, $3, $4) \
         on conflict (workspace_id, month, slot) do update set links = usage.links + excluded.links",
    )
    .bind(workspace)
    .bind(month)
    .bind(slot)
    .bind(i64::try_from(links).expect("a bulk create has at most 1,000 links"))
    .execute(conn)
    .await?;
    Ok(())
}
