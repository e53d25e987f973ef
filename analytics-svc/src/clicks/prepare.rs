//! Decodes entries, keeps what is new, enriches it and adds it up. Pure computation, for a thread that may block.

use std::collections::HashMap;

use curtail_proto::events::v1::ClickBatch;
use curtail_streams::{Entry, EntryId};
use prost::Message as _;
use time::OffsetDateTime;

use super::batch::{Advance, Batch, Producer};
use super::copy;
use super::enricher::{Enricher, Refusal};
use super::entries::FIELD;
use super::positions::{Verdict, judge};
use super::rollups::Rollups;
use super::row::Row;
use crate::live::Watched;

/// An entry whose payload is longer is not looked at.
const MAX_ENTRY_BYTES: usize = 8 << 20;

/// An entry that was understood.
pub struct Decoded {
    /// Which.
    pub id: EntryId,
    /// Whose clicks.
    pub producer: Producer,
    /// The clicks.
    pub message: ClickBatch,
}

impl Decoded {
    /// Understands an entry.
    ///
    /// # Errors
    /// The entry and what is wrong with it.
    pub fn of(entry: Entry) -> Result<Self, (Entry, String)> {
        match decode(&entry) {
            Ok((producer, message)) => Ok(Self { id: entry.id, producer, message }),
            Err(error) => Err((entry, error)),
        }
    }

    /// How many clicks it carries.
    pub fn clicks(&self) -> usize {
        self.message.clicks.len()
    }
}

fn decode(entry: &Entry) -> Result<(Producer, ClickBatch), String> {
    let payload = entry.field(FIELD).ok_or_else(|| format!("the field {FIELD} is missing"))?;
    if payload.len() > MAX_ENTRY_BYTES {
        return Err(format!("{} bytes, more than {MAX_ENTRY_BYTES}", payload.len()));
    }
    let message = ClickBatch::decode(payload.clone()).map_err(|error| error.to_string())?;
    let producer = Producer::try_from(message.producer_id.as_slice())
        .map_err(|_| format!("producer_id has {} bytes, not 16", message.producer_id.len()))?;
    let end = message.first_seq.checked_add(message.clicks.len() as u64).filter(|end| *end <= i64::MAX as u64);
    if end.is_none() || message.lost_through > i64::MAX as u64 {
        return Err("sequence numbers beyond 2^63".to_owned());
    }
    if !message.clicks.is_empty() && message.first_seq == 0 {
        return Err("sequence numbers begin with 1".to_owned());
    }
    Ok((producer, message))
}

/// Makes one batch of `decoded`. `positions` has the last number of each producer in it and is moved on.
pub fn prepare(
    decoded: Vec<Decoded>,
    positions: &mut HashMap<Producer, u64>,
    enricher: &mut Enricher,
    watched: &Watched,
    now_ms: i64,
) -> Batch {
    let mut batch = Batch::default();
    let mut rows = Vec::with_capacity(decoded.iter().map(Decoded::clicks).sum());
    let mut moves: HashMap<Producer, Advance> = HashMap::new();
    let mut gaps: HashMap<Producer, u64> = HashMap::new();
    for Decoded { id, producer, message } in decoded {
        batch.acknowledge.push(id);
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
    batch.live = watched.pick(&rows, now_ms);
    fill(&mut batch, rows);
    batch
}

/// The rows and their sums. Sorted, so that neighbours in the table and in its index belong together.
pub(super) fn fill(batch: &mut Batch, rows: Vec<Row>) {
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use curtail_proto::events::v1::Click;

    use super::*;
    use crate::retention::Retention;

    const NOW: i64 = 1_790_000_000_000;

    fn message(producer: u8, first_seq: u64, clicks: usize) -> ClickBatch {
        let click = Click { at_ms: NOW, link_id: 1, workspace_id: 1, ..Click::default() };
        ClickBatch { producer_id: vec![producer; 16], first_seq, clicks: vec![click; clicks], lost_through: 0 }
    }

    fn decoded(message: ClickBatch) -> Result<Decoded, String> {
        let payload = Bytes::from(message.encode_to_vec());
        let entry = Entry { id: EntryId::ZERO, fields: vec![(Bytes::from_static(b"b"), payload)] };
        Decoded::of(entry).map_err(|(_, error)| error)
    }

    #[test]
    fn entries_that_make_no_sense_are_refused() {
        let refused = |message| decoded(message).map(drop).unwrap_err();
        assert!(decoded(message(1, 1, 1)).is_ok());
        assert!(refused(ClickBatch { producer_id: vec![1; 15], ..message(1, 1, 1) }).contains("15 bytes"));
        assert!(refused(message(1, 0, 1)).contains("begin with 1"));
        assert!(refused(message(1, u64::MAX, 1)).contains("beyond"));
        assert!(decoded(message(1, i64::MAX as u64 - 1, 1)).is_ok());
        assert!(refused(message(1, i64::MAX as u64, 1)).contains("beyond"));
        let entry = |payload: &'static [u8]| Entry {
            id: EntryId::ZERO,
            fields: vec![(Bytes::from_static(b"b"), Bytes::from_static(payload))],
        };
        assert!(Decoded::of(entry(b"\xff\xff")).is_err());
        assert!(Decoded::of(Entry { id: EntryId::ZERO, fields: Vec::new() }).is_err());
    }

    #[test]
    fn a_batch_has_what_is_new_and_asks_for_what_is_missing() {
        let (a, b) = ([1; 16], [2; 16]);
        let mut positions = HashMap::from([(a, 10), (b, 0)]);
        let mut enricher = Enricher::new(None, Retention::new(400, 30, 400));
        let entries = [message(1, 9, 4), message(2, 5, 2), message(1, 13, 3), message(1, 9, 4)];
        let decoded = entries.into_iter().map(|message| decoded(message).unwrap()).collect();
        let batch = prepare(decoded, &mut positions, &mut enricher, &Watched::new(1, 0), NOW);
        assert_eq!(batch.advances, [Advance { producer: a, from: 10, to: 15, lost: 0, refused: 0 }]);
        assert_eq!((batch.rows, batch.duplicates), (5, 6));
        assert_eq!(batch.gaps, [(b, 1)]);
        assert_eq!(batch.acknowledge.len(), 4);
        assert_eq!(positions, HashMap::from([(a, 15), (b, 0)]));
        let mut counted = batch.counted;
        counted.sort_unstable();
        assert_eq!(counted, [(a, 15), (b, 0)]);
    }
}
