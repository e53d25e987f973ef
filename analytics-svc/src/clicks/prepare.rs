//! Decodes entries, keeps what is new, enriches it and adds it up. Pure computation, for a thread that may block.

use std::collections::HashMap;

use prost::Message as _;
use proto::events::v1::ClickBatch;
use time::OffsetDateTime;

use super::batch::{Advance, Batch, Entry, Poison, Producer};
use super::copy;
use super::enricher::{Enricher, Refusal};
use super::positions::{Verdict, judge};
use super::rollups::Rollups;
use super::row::Row;

/// An entry whose payload is longer is not looked at.
const MAX_ENTRY_BYTES: usize = 8 << 20;

/// An entry that was understood, or why not.
pub struct Decoded {
    /// The entry; its payload is gone when it was understood.
    pub entry: Entry,
    /// The clicks.
    pub batch: Result<Clicks, String>,
}

/// The clicks of an entry.
pub struct Clicks {
    /// Whose.
    pub producer: Producer,
    /// The message.
    pub message: ClickBatch,
}

impl Decoded {
    /// Understands an entry.
    pub fn of(mut entry: Entry) -> Self {
        let batch = decode(&entry);
        if batch.is_ok() {
            entry.payload = None;
        }
        Self { entry, batch }
    }

    /// How many clicks it carries.
    pub fn clicks(&self) -> usize {
        self.batch.as_ref().map_or(0, |batch| batch.message.clicks.len())
    }
}

fn decode(entry: &Entry) -> Result<Clicks, String> {
    let payload = entry.payload.clone().ok_or("the field b is missing")?;
    if payload.len() > MAX_ENTRY_BYTES {
        return Err(format!("{} bytes, more than {MAX_ENTRY_BYTES}", payload.len()));
    }
    let message = ClickBatch::decode(payload).map_err(|error| error.to_string())?;
    let producer = Producer::try_from(message.producer_id.as_slice())
        .map_err(|_| format!("producer_id has {} bytes, not 16", message.producer_id.len()))?;
    let end = message.first_seq.checked_add(message.clicks.len() as u64).filter(|end| *end <= i64::MAX as u64);
    if end.is_none() || message.lost_through > i64::MAX as u64 {
        return Err("sequence numbers beyond 2^63".to_owned());
    }
    if !message.clicks.is_empty() && message.first_seq == 0 {
        return Err("sequence numbers begin with 1".to_owned());
    }
    Ok(Clicks { producer, message })
}

/// Makes one batch of `decoded`. `positions` has the last number of each producer in it and is moved on.
pub fn prepare(
    decoded: Vec<Decoded>,
    positions: &mut HashMap<Producer, u64>,
    enricher: &mut Enricher,
    now_ms: i64,
) -> Batch {
    let mut batch = Batch::default();
    let mut rows = Vec::with_capacity(decoded.iter().map(Decoded::clicks).sum());
    let mut moves: HashMap<Producer, Advance> = HashMap::new();
    let mut gaps: HashMap<Producer, u64> = HashMap::new();
    for Decoded { entry, batch: clicks } in decoded {
        let Clicks { producer, message } = match clicks {
            Ok(clicks) => clicks,
            Err(error) => {
                batch.poison.push(Poison { entry, error });
                continue;
            }
        };
        batch.acknowledge.push(entry.id);
        let last = positions.entry(producer).or_default();
        let advance =
            moves.entry(producer).or_insert(Advance { producer, from: *last, to: *last, lost: 0, refused: 0 });
        match judge(*last, message.first_seq, message.clicks.len(), message.lost_through) {
            Verdict::Duplicate => batch.duplicates += message.clicks.len() as u64,
            Verdict::Gap { expected } => {
                gaps.insert(producer, expected);
            }
            Verdict::Take { skip, lost, last: reached } => {
                batch.duplicates += skip as u64;
                advance.lost += lost;
                advance.to = reached;
                *last = reached;
                gaps.remove(&producer);
                for click in message.clicks.into_iter().skip(skip) {
                    match enricher.row(click, now_ms) {
                        Ok(row) => rows.push(row),
                        Err(refusal) => {
                            advance.refused += 1;
                            *match refusal {
                                Refusal::Invalid => &mut batch.invalid,
                                Refusal::Expired => &mut batch.expired,
                            } += 1;
                        }
                    }
                }
            }
        }
    }
    batch.counted = moves.values().map(|advance| (advance.producer, advance.to)).collect();
    batch.advances = moves.into_values().filter(|advance| advance.to > advance.from).collect();
    // All writers lock producers in the same order.
    batch.advances.sort_unstable_by_key(|advance| advance.producer);
    batch.gaps = gaps.into_iter().collect();
    fill(&mut batch, rows);
    batch
}

/// The rows and their sums. Sorted, so that neighbours in the table and in its index belong together.
fn fill(batch: &mut Batch, rows: Vec<Row>) {
    let mut keyed: Vec<((i64, i64, i64), Row)> =
        rows.into_iter().map(|row| ((row.workspace_id, row.link_id, row.at_ms), row)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    let rows: Vec<Row> = keyed.into_iter().map(|(_, row)| row).collect();
    batch.rows = rows.len() as u64;
    batch.copy = copy::encode(&rows);
    batch.days = rows.iter().filter_map(|row| day(row.at_ms)).collect();
    batch.rollups = Rollups::of(&rows);
}

fn day(at_ms: i64) -> Option<time::Date> {
    OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000)).ok().map(OffsetDateTime::date)
}
