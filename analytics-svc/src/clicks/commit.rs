//! One batch, one transaction: fence, positions, rows, counters.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use time::{Date, OffsetDateTime};

use super::batch::{Advance, Batch};
use super::copy::COPY;
use super::lease::Lease;
use super::rollups::{Delta, Rollups};
use crate::fold::stale;
use crate::level::Level;
use crate::sketch::{BadSketch, Sketch};

/// COPY data of one message to the server.
const COPY_CHUNK: usize = 256 << 10;

/// Why a batch is not counted. Nothing of it is.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Someone else owns the shard.
    #[error("the shard has another owner")]
    Fenced,
    /// The positions in the database are not those that the batch was prepared from.
    #[error("a producer has moved meanwhile")]
    Moved,
    /// A stored sketch cannot be read.
    #[error(transparent)]
    Sketch(#[from] BadSketch),
    /// PostgreSQL refused or is unavailable.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl CommitError {
    /// Whether it is for the data of the batch that it is refused, so that trying again is no use: SQLSTATE classes 22 (data
    /// exception) and 23 (integrity constraint violation), and sketches that cannot be read.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Sketch(_) => true,
            Self::Database(error) => error
                .as_database_error()
                .and_then(|error| error.code())
                .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
            Self::Fenced | Self::Moved => false,
        }
    }
}

/// Writes the batches of one shard.
pub struct Committer {
    pool: PgPool,
    lease: Lease,
    /// Not one of the pool: what is cancelled within COPY leaves a connection one answer behind, which the pool does not
    /// notice. Out of its place while it works, so that a commit that fails or is cancelled takes it along, and the server
    /// rolls back.
    connection: Option<PgConnection>,
    /// Days whose partition is known to be there.
    partitions: HashSet<Date>,
}

impl Committer {
    /// For the holder of a lease.
    pub fn new(pool: PgPool, lease: Lease) -> Self {
        Self { pool, lease, connection: None, partitions: HashSet::new() }
    }

    /// Counts a batch: all of it or, with an error, nothing.
    ///
    /// # Errors
    /// See [`CommitError`]. After a lost connection the commit may have happened; the positions tell.
    pub async fn commit(&mut self, batch: &mut Batch) -> Result<(), CommitError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => PgConnection::connect_with(&self.pool.connect_options()).await?,
        };
        self.make_partitions(&mut connection, &batch.days).await?;
        let mut tx = connection.begin().await?;
        // An owner that is stopped here would keep the shard from everybody: the server ends its session instead.
        let settings = format!(
            "SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('jit', 'off', true), \
             pg_advisory_xact_lock_shared({})",
            stale::CLOSING
        );
        sqlx::query(AssertSqlSafe(settings))
            .bind(self.lease.length().as_millis().to_string())
            .execute(&mut *tx)
            .await?;
        if !self.lease.hold(&mut tx).await? {
            return Err(CommitError::Fenced);
        }
        advance(&mut tx, self.lease.shard, &batch.advances).await?;
        let mut rollups = std::mem::take(&mut batch.rollups);
        let days = workspace_days(&rollups);
        copy_rows(&mut tx, &batch.copy).await?;
        for level in Level::ALL {
            add(&mut tx, self.lease.shard, level, &mut rollups).await?;
        }
        stale::mark(&mut tx, &days).await?;
        tx.commit().await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Proves to be the owner and prolongs the lease without writing anything.
    ///
    /// # Errors
    /// [`CommitError::Fenced`] when someone else has taken over.
    pub async fn hold(&self) -> Result<(), CommitError> {
        let mut connection = self.pool.acquire().await?;
        if self.lease.hold(&mut connection).await? { Ok(()) } else { Err(CommitError::Fenced) }
    }

    /// Days far from today have no partition until a click comes from them.
    async fn make_partitions(
        &mut self,
        connection: &mut PgConnection,
        days: &std::collections::BTreeSet<Date>,
    ) -> Result<(), sqlx::Error> {
        for &day in days {
            if !self.partitions.contains(&day) {
                curtail_db::partitions::ensure_daily(connection, "clicks", day, day).await?;
                self.partitions.insert(day);
            }
        }
        Ok(())
    }
}

/// The days of workspaces that get clicks.
fn workspace_days(rollups: &Rollups) -> Vec<(Date, i64)> {
    let days = rollups.levels[Level::Day as usize].iter().filter(|delta| delta.link_id == 0);
    days.map(|delta| (instant(delta.at_ms).date(), delta.workspace_id)).collect()
}

/// Moves producers on, each from exactly the position that the batch was prepared from.
async fn advance(connection: &mut PgConnection, shard: i32, advances: &[Advance]) -> Result<(), CommitError> {
    let column = |value: fn(&Advance) -> u64| advances.iter().map(|a| value(a).cast_signed()).collect::<Vec<i64>>();
    let producers: Vec<&[u8]> = advances.iter().map(|a| a.producer.as_slice()).collect();
    let moved = sqlx::query(
        "INSERT INTO producers AS p (producer, shard, last_seq, lost, refused) \
         SELECT producer, $2, upto, lost, refused \
         FROM unnest($1::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS a (producer, since, upto, lost, refused) \
         WHERE since = 0 OR EXISTS (SELECT FROM producers known WHERE known.producer = a.producer AND known.last_seq = a.since) \
         ON CONFLICT (producer) DO UPDATE SET shard = excluded.shard, last_seq = excluded.last_seq, \
             lost = p.lost + excluded.lost, refused = p.refused + excluded.refused, updated_at = now() \
         WHERE p.last_seq = (SELECT since FROM unnest($1::bytea[], $3::bigint[]) AS b (producer, since) WHERE b.producer = p.producer)",
    )
    .bind(producers)
    .bind(shard)
    .bind(column(|a| a.from))
    .bind(column(|a| a.to))
    .bind(column(|a| a.lost))
    .bind(column(|a| a.refused))
    .execute(connection)
    .await?;
    if moved.rows_affected() == advances.len() as u64 { Ok(()) } else { Err(CommitError::Moved) }
}

async fn copy_rows(connection: &mut PgConnection, copy: &[u8]) -> Result<(), sqlx::Error> {
    let mut stream = connection.copy_in_raw(COPY).await?;
    for chunk in copy.chunks(COPY_CHUNK) {
        stream.send(chunk).await?;
    }
    stream.finish().await?;
    Ok(())
}

/// Adds the sums of one level. No one else writes the rows of this shard, so sketches are merged here.
async fn add(
    connection: &mut PgConnection,
    shard: i32,
    level: Level,
    rollups: &mut Rollups,
) -> Result<(), CommitError> {
    let deltas = std::mem::take(&mut rollups.levels[level as usize]);
    if deltas.is_empty() {
        return Ok(());
    }
    let table = Table::of(level);
    let workspaces: Vec<i64> = deltas.iter().map(|d| d.workspace_id).collect();
    let links: Vec<i64> = deltas.iter().map(|d| d.link_id).collect();
    let starts: Vec<OffsetDateTime> = deltas.iter().map(|d| instant(d.at_ms)).collect();
    let stored: Vec<(i64, Vec<u8>)> = sqlx::query_as(table.sketches)
        .bind(&workspaces)
        .bind(&links)
        .bind(&starts)
        .bind(shard)
        .fetch_all(&mut *connection)
        .await?;
    let visitors = std::mem::take(&mut rollups.visitors);
    let (deltas, visitors, sketches) = tokio::task::spawn_blocking(move || {
        let sketches = merge(&deltas, &visitors, stored);
        (deltas, visitors, sketches)
    })
    .await
    .map_err(|_| sqlx::Error::WorkerCrashed)?;
    rollups.visitors = visitors;
    sqlx::query(table.upsert)
        .bind(&workspaces)
        .bind(&links)
        .bind(&starts)
        .bind(shard)
        .bind(deltas.iter().map(|d| d.clicks).collect::<Vec<_>>())
        .bind(deltas.iter().map(|d| d.humans).collect::<Vec<_>>())
        .bind(deltas.iter().map(|d| instant(d.last_ms)).collect::<Vec<_>>())
        .bind(sketches?)
        .execute(connection)
        .await?;
    Ok(())
}

/// The sketches after the batch; `None` where they stay as they are.
fn merge(
    deltas: &[Delta],
    visitors: &[datasketches::hll::Coupon],
    stored: Vec<(i64, Vec<u8>)>,
) -> Result<Vec<Option<Vec<u8>>>, BadSketch> {
    let mut before: Vec<Option<Vec<u8>>> = vec![None; deltas.len()];
    for (ordinal, bytes) in stored {
        before[ordinal as usize - 1] = Some(bytes);
    }
    deltas
        .iter()
        .zip(before)
        .map(|(delta, before)| {
            if delta.visitors.is_empty() {
                return Ok(None);
            }
            let mut sketch = before.as_deref().map_or_else(|| Ok(Sketch::new()), Sketch::from_bytes)?;
            visitors[delta.visitors.clone()].iter().for_each(|&visitor| sketch.insert(visitor));
            Ok(Some(sketch.to_bytes()).filter(|after| before.as_ref() != Some(after)))
        })
        .collect()
}

/// The statements of one rollup table.
struct Table {
    sketches: &'static str,
    upsert: &'static str,
}

macro_rules! table {
    ($name:literal) => {
        Table {
            sketches: concat!(
                "SELECT k.n, r.uniques FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY ",
                "AS k (workspace_id, link_id, at, n) JOIN ",
                $name,
                " r ON r.workspace_id = k.workspace_id AND r.link_id = k.link_id AND r.at = k.at AND r.shard = $4 ",
                "WHERE r.uniques IS NOT NULL"
            ),
            upsert: concat!(
                "INSERT INTO ",
                $name,
                " AS r (workspace_id, link_id, at, shard, clicks, humans, last_click_at, uniques) ",
                "SELECT workspace_id, link_id, at, $4, clicks, humans, last_click_at, uniques FROM ",
                "unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $5::bigint[], $6::bigint[], $7::timestamptz[], ",
                "$8::bytea[]) AS d (workspace_id, link_id, at, clicks, humans, last_click_at, uniques) ",
                "ON CONFLICT (workspace_id, link_id, at, shard) DO UPDATE SET clicks = r.clicks + excluded.clicks, ",
                "humans = r.humans + excluded.humans, last_click_at = greatest(r.last_click_at, excluded.last_click_at), ",
                "uniques = coalesce(excluded.uniques, r.uniques)"
            ),
        }
    };
}

impl Table {
    fn of(level: Level) -> Self {
        match level {
            Level::Minute => table!("clicks_by_minute"),
            Level::Hour => table!("clicks_by_hour"),
            Level::Day => table!("clicks_by_day"),
            Level::Ever => table!("clicks_by_ever"),
        }
    }
}

fn instant(ms: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::milliseconds(ms))
}
