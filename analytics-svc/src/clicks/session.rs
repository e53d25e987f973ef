//! Consumes one shard for as long as its lease is held and nothing fails.
//!
//! Two loops work at the same time: one reads, decodes, enriches and adds up the next batch while the other commits the
//! last one. Any error ends the session; the next one begins with what was not acknowledged, and positions in the database
//! tell what of it was counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use curtail_lifecycle::Shutdown;
use curtail_streams::Group;
use fred::clients::Pool;
use fred::interfaces::StreamsInterface as _;
use sqlx::PgPool;
use tokio::sync::mpsc;

use super::batch::{Batch, Producer};
use super::commit::{CommitError, Committer};
use super::enricher::Enricher;
use super::entries::{GROUP, Reader};
use super::lease::Lease;
use super::portion::Portion;
use super::prepare::{Decoded, prepare};
use super::{counted, measure};
use crate::enrich::Geo;
use crate::live::{Publisher, Watched};
use crate::retention::Retention;

/// How long a batch waits for more clicks. A commit costs about as much for ten clicks as for a thousand.
const LINGER: Duration = Duration::from_millis(100);

/// How long one read waits for a first click.
const IDLE: Duration = Duration::from_millis(500);

/// What the sessions of a process share.
#[derive(Clone)]
pub struct Context {
    /// The schema `analytics`.
    pub pool: PgPool,
    /// For commands that do not block.
    pub redis: Pool,
    /// The clock.
    pub clock: curtail_clock::Clock,
    /// Lists and databases for enrichment.
    pub geo: Option<Arc<Geo>>,
    /// For how long clicks are kept.
    pub retention: Retention,
    /// Who watches.
    pub watched: Arc<Watched>,
    /// Tells them.
    pub publisher: Publisher,
    /// How often a stream is trimmed and measured.
    pub trim_interval: Duration,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The batch could not be counted.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The database refuses some of the clicks of the batch for their data.
    #[error("a batch is refused: {0}")]
    Refused(CommitError),
    /// Redis is unavailable or lost the stream.
    #[error("redis: {0}")]
    Redis(#[from] fred::error::Error),
    /// PostgreSQL is unavailable.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// What is counted could not be told again.
    #[error(transparent)]
    Tell(anyhow::Error),
    /// Preparing a batch panicked.
    #[error("preparing a batch failed: {0}")]
    Prepare(#[from] tokio::task::JoinError),
}

/// Consumes the shard until draining begins.
///
/// # Errors
/// See [`SessionError`]; nothing that was acknowledged is lost.
pub async fn run(
    context: &Context,
    group: &mut Group,
    lease: &Lease,
    portion: &Portion,
    shutdown: &Shutdown,
) -> Result<(), SessionError> {
    let stream = group.stream().to_owned();
    group.ensure().await?;
    tell_again(context, lease).await?;
    let reader = Reader::new(group, lease.length() * 3);
    let (batches, prepared) = mpsc::channel(1);
    let consuming = async {
        tokio::try_join!(
            produce(context, lease, portion, reader, batches, shutdown),
            commit(context, lease, portion, &stream, prepared)
        )
    };
    tokio::select! {
        ended = consuming => ended.map(|_| ()),
        error = look_after(context, lease.shard, &stream) => Err(error),
    }
}

/// Redis may have lost what the redirectors were told.
async fn tell_again(context: &Context, lease: &Lease) -> Result<(), SessionError> {
    counted::tell_again(&context.pool, context.redis.next(), lease.shard).await.map_err(SessionError::Tell)
}

/// Reads and prepares batches.
async fn produce(
    context: &Context,
    lease: &Lease,
    portion: &Portion,
    mut reader: Reader<'_>,
    batches: mpsc::Sender<Batch>,
    shutdown: &Shutdown,
) -> Result<(), SessionError> {
    let mut positions: HashMap<Producer, u64> = HashMap::new();
    let mut enricher = Enricher::new(context.geo.clone(), context.retention);
    let mut carried = Vec::new();
    let mut losses = reader.losses();
    while !shutdown.is_draining() {
        let decoded = tokio::select! {
            decoded = gather(portion.clicks(), &mut reader, &mut carried) => decoded?,
            () = shutdown.draining() => break,
        };
        if reader.losses() != losses {
            losses = reader.losses();
            tell_again(context, lease).await?;
        }
        if decoded.is_empty() {
            continue;
        }
        learn_positions(&context.pool, &mut positions, &decoded).await?;
        let now_ms = context.clock.unix_ms();
        let watched = Arc::clone(&context.watched);
        let batch;
        (batch, positions, enricher) = tokio::task::spawn_blocking(move || {
            let batch = prepare(decoded, &mut positions, &mut enricher, &watched, now_ms);
            (batch, positions, enricher)
        })
        .await?;
        if batches.send(batch).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Entries for one batch: what there is, up to the bound, after a short wait for company.
async fn gather(
    most: usize,
    reader: &mut Reader<'_>,
    carried: &mut Vec<Decoded>,
) -> Result<Vec<Decoded>, SessionError> {
    let mut decoded = std::mem::take(carried);
    let mut clicks: usize = decoded.iter().map(Decoded::clicks).sum();
    let mut since = Instant::now();
    while clicks < most {
        let block = if decoded.is_empty() { IDLE } else { LINGER.saturating_sub(since.elapsed()) };
        if block.is_zero() {
            break;
        }
        let entries = reader.read(block).await?;
        if entries.is_empty() {
            break;
        }
        if decoded.is_empty() {
            since = Instant::now();
        }
        let understood =
            tokio::task::spawn_blocking(move || entries.into_iter().map(Decoded::of).collect::<Vec<_>>()).await?;
        for entry in understood {
            match entry {
                Ok(entry) => {
                    clicks += entry.clicks();
                    decoded.push(entry);
                }
                Err((entry, error)) => reader.set_aside(&entry, &error).await?,
            }
        }
    }
    *carried = decoded.split_off(fitting(&decoded, most));
    Ok(decoded)
}

/// How many of the first entries fit into a batch; at least one.
fn fitting(decoded: &[Decoded], bound: usize) -> usize {
    let mut clicks = 0;
    let fit = decoded.iter().take_while(|entry| {
        clicks += entry.clicks();
        clicks <= bound
    });
    fit.count().max(1).min(decoded.len())
}

/// Asks the database for the producers that are new to this session.
async fn learn_positions(
    pool: &PgPool,
    positions: &mut HashMap<Producer, u64>,
    decoded: &[Decoded],
) -> Result<(), sqlx::Error> {
    let mut unknown: Vec<Producer> =
        decoded.iter().map(|entry| entry.producer).filter(|producer| !positions.contains_key(producer)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    let asked: Vec<&[u8]> = unknown.iter().map(|producer| producer.as_slice()).collect();
    let known: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT producer, last_seq FROM producers WHERE producer = ANY($1)")
            .bind(asked)
            .fetch_all(pool)
            .await?;
    positions.extend(unknown.into_iter().map(|producer| (producer, 0)));
    positions.extend(
        known.into_iter().filter_map(|(producer, last)| Some((producer.try_into().ok()?, last.cast_unsigned()))),
    );
    Ok(())
}

/// Commits batches and then acknowledges them; keeps the lease while there are none.
async fn commit(
    context: &Context,
    lease: &Lease,
    portion: &Portion,
    stream: &str,
    mut prepared: mpsc::Receiver<Batch>,
) -> Result<(), SessionError> {
    let mut committer = Committer::new(context.pool.clone(), lease.clone());
    loop {
        let mut batch = match tokio::time::timeout(lease.length() / 3, prepared.recv()).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(()),
            Err(_) => {
                committer.hold().await?;
                continue;
            }
        };
        let started = Instant::now();
        // Without an advance there is neither a row nor a number to write.
        if !batch.advances.is_empty() {
            // PostgreSQL may be gone without a word; long before this the shard is someone else's.
            let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into());
            let committed = tokio::time::timeout(lease.length() * 4, committer.commit(&mut batch)).await;
            match committed.unwrap_or_else(late) {
                Ok(()) => portion.counted(),
                Err(error) if error.is_about_data() => {
                    set_aside(context, &mut committer, portion, stream, &mut batch, error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        measure::counted(lease.shard, &batch, started.elapsed(), context.clock.unix_ms());
        context.publisher.publish(std::mem::take(&mut batch.live));
        acknowledge(context, stream, &batch).await?;
    }
}

/// Sets the only entry of a refused batch aside and counts its clicks as refused; a batch of more entries comes again in
/// halves. The dead letter is written first: a crash in between makes another one, where the other order would make none.
async fn set_aside(
    context: &Context,
    committer: &mut Committer,
    portion: &Portion,
    stream: &str,
    batch: &mut Batch,
    error: CommitError,
) -> Result<(), SessionError> {
    let &[entry] = batch.acknowledge.as_slice() else {
        portion.refused(batch.rows as usize);
        return Err(SessionError::Refused(error));
    };
    curtail_streams::set_aside(&context.redis, stream, GROUP, entry, "poison", &error.to_string()).await?;
    batch.refuse();
    committer.commit(batch).await?;
    Ok(())
}

/// After the commit: whatever of this does not happen is made up for when the entries are delivered again.
async fn acknowledge(context: &Context, stream: &str, batch: &Batch) -> Result<(), fred::error::Error> {
    let redis = context.redis.next();
    counted::tell(redis, &batch.counted).await?;
    counted::ask_again(redis, &batch.gaps).await?;
    if !batch.acknowledge.is_empty() {
        let ids: Vec<String> = batch.acknowledge.iter().map(ToString::to_string).collect();
        let _: i64 = redis.xack(stream, GROUP, ids).await?;
    }
    Ok(())
}

/// Trims and measures the stream from time to time; returns only with an error.
async fn look_after(context: &Context, shard: i32, stream: &str) -> SessionError {
    loop {
        let looked_after = async {
            curtail_streams::trim_behind_groups(&context.redis, stream, Duration::ZERO).await?;
            measure::waiting(&context.redis, shard, stream).await
        };
        if let Err(error) = looked_after.await {
            return error.into();
        }
        tokio::time::sleep(context.trim_interval).await;
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::events::v1::{Click, ClickBatch};
    use curtail_streams::EntryId;

    use super::*;

    fn entry(clicks: usize) -> Decoded {
        let message = ClickBatch { clicks: vec![Click::default(); clicks], ..ClickBatch::default() };
        Decoded { id: EntryId::ZERO, producer: [0; 16], message }
    }

    #[test]
    fn a_batch_takes_whole_entries_up_to_its_bound() {
        assert_eq!(fitting(&[], 10), 0);
        assert_eq!(fitting(&[entry(5), entry(5)], 10), 2);
        assert_eq!(fitting(&[entry(5), entry(6)], 10), 1);
        assert_eq!(fitting(&[entry(11), entry(1)], 10), 1);
    }
}
