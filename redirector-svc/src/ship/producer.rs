//! How far the clicks of one producer have come.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use curtail_proto::events::v1::ClickBatch;
use prost::Message as _;

use super::shipment_tracker::ProducerProgress;
use super::source::Source;
use crate::spool::{Batch, ProducerDir, ProducerId, Reader, Spool, Usage, segment};

/// How long the consumer may count nothing before the shipper looks whether its entries are still there.
const STALL: Duration = Duration::from_secs(10);
/// How often the last counted click is written to the directory.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// A producer whose clicks are being sent.
pub struct Producer {
    source: Source,
    usage: Arc<Usage>,
    stream: String,
    reader: Reader,
    /// All clicks up to this one are counted.
    counted: u64,
    /// Entries that are sent and not counted: their last click and their id.
    in_flight: VecDeque<(u64, String)>,
    /// When something was counted, or when there was nothing to count.
    progress: Instant,
    saved: (Instant, u64),
    /// Losses up to this click are in the metric already; a replay reports them again.
    lost_through: u64,
}

impl Producer {
    /// Of a thread of this process.
    pub fn live(spool: Arc<Spool>, usage: Arc<Usage>, shards: u32) -> Self {
        Self::new(Source::Live(spool), usage, shards)
    }

    /// Of a dead process. Reads its last segment to find the end.
    pub fn adopted(dir: ProducerDir, usage: Arc<Usage>, shards: u32) -> io::Result<Self> {
        let end = Reader::find_end(dir.path().to_owned())?;
        usage.add(segment::total_bytes(dir.path())?);
        Ok(Self::new(Source::Adopted { dir, end }, usage, shards))
    }

    fn new(source: Source, usage: Arc<Usage>, shards: u32) -> Self {
        let dir = source.dir();
        let counted = dir.saved_counted();
        let now = Instant::now();
        Self {
            stream: curtail_streams::topology::click_stream(dir.id().shard(shards)),
            reader: Reader::new(dir.path().to_owned(), counted + 1),
            source,
            usage,
            counted,
            in_flight: VecDeque::new(),
            progress: now,
            saved: (now, counted),
            lost_through: 0,
        }
    }

    /// Who it is.
    pub fn id(&self) -> ProducerId {
        self.source.dir().id()
    }

    /// The stream its clicks go to.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Clicks that are not counted yet.
    pub fn depth(&self) -> u64 {
        (self.source.end() - 1).saturating_sub(self.counted)
    }

    /// Whether there are clicks to send.
    pub fn has_unsent(&self) -> bool {
        self.reader.next_seq() < self.source.end()
    }

    /// Whether everything is counted and nothing can come any more.
    pub fn is_finished(&self) -> bool {
        matches!(self.source, Source::Adopted { .. }) && self.depth() == 0
    }

    /// The next clicks to send, at most `max` and only while fewer than `window` are sent and not counted.
    pub fn next_batch(&mut self, max: u64, window: u64) -> io::Result<Option<Batch>> {
        let in_flight = (self.reader.next_seq() - 1).saturating_sub(self.counted);
        if in_flight >= window {
            return Ok(None);
        }
        let batch = self.reader.read(self.source.end(), max)?;
        if let Some(batch) = batch.as_ref().filter(|batch| batch.lost_through > self.lost_through) {
            self.lost_through = batch.lost_through;
            metrics::counter!("redirector_clicks_dropped_total", "reason" => "lost").increment(batch.lost);
            tracing::error!(producer = %self.id(), clicks = batch.lost, "clicks could not be read back from the spool");
        }
        Ok(batch)
    }

    /// The message for `batch`.
    pub fn encode(&self, batch: &Batch) -> Bytes {
        let head = ClickBatch {
            producer_id: self.id().0.to_vec(),
            first_seq: batch.first_seq,
            clicks: Vec::new(),
            lost_through: batch.lost_through,
        };
        let mut bytes = Vec::with_capacity(batch.clicks.len() + 48);
        head.encode(&mut bytes).expect("a Vec grows as needed");
        bytes.extend_from_slice(&batch.clicks);
        bytes.into()
    }

    /// `batch` is in the stream as entry `id`.
    pub fn sent(&mut self, batch: &Batch, id: String) {
        if self.in_flight.is_empty() {
            self.progress = Instant::now();
        }
        self.in_flight.push_back((batch.first_seq + batch.count - 1, id));
    }

    /// `batch` could not be sent: it comes again.
    pub fn not_sent(&mut self, batch: &Batch) {
        let first = if batch.lost_through > 0 { batch.lost_through + 1 - batch.lost } else { batch.first_seq };
        self.reader.seek(first);
    }

    /// Sends everything again that is not counted.
    pub fn rewind(&mut self) {
        self.rewind_to(self.counted + 1);
    }

    /// Takes in what the consumer says. True when its request for replay is served.
    pub fn hear(&mut self, word: ProducerProgress) -> io::Result<bool> {
        if let Some(counted) = word.counted.filter(|counted| *counted > self.counted) {
            self.counted = counted;
            self.progress = Instant::now();
            while self.in_flight.front().is_some_and(|(last, _)| *last <= counted) {
                self.in_flight.pop_front();
            }
            if self.reader.next_seq() <= counted {
                self.reader.seek(counted + 1);
            }
            self.usage.release(segment::remove_counted(self.source.dir().path(), counted)?);
            self.reader.let_go()?;
        }
        if let Err(error) = self.save(SAVE_EVERY) {
            // It only spares the next process some repetition; on a full disk nothing must wait for it.
            tracing::debug!(producer = %self.id(), %error, "what is counted could not be saved");
        }
        match word.replay {
            Some(seq) => {
                self.rewind_to(seq.max(1));
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The oldest entry in flight, when it should have been counted long ago.
    pub fn overdue(&mut self) -> Option<String> {
        let (_, oldest) = self.in_flight.front()?;
        if self.progress.elapsed() < STALL {
            return None;
        }
        self.progress = Instant::now();
        Some(oldest.clone())
    }

    /// Leaves the directory for the next process, or removes it when nothing is left in it. No click may come any more.
    pub fn retire(mut self) -> io::Result<()> {
        if self.depth() > 0 {
            return self.save(Duration::ZERO);
        }
        self.usage.release(segment::total_bytes(self.source.dir().path())?);
        self.source.dir().remove()
    }

    fn rewind_to(&mut self, seq: u64) {
        if seq < self.reader.next_seq() {
            self.reader.seek(seq);
            self.in_flight.retain(|(last, _)| *last < seq);
            self.progress = Instant::now();
        }
    }

    fn save(&mut self, at_least: Duration) -> io::Result<()> {
        let (when, counted) = self.saved;
        if counted < self.counted && when.elapsed() >= at_least {
            self.source.dir().save_counted(self.counted)?;
            self.saved = (Instant::now(), self.counted);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use curtail_proto::events::v1::Click;

    use super::*;

    fn spool(root: &Path, clicks: u64) -> (Arc<Spool>, Arc<Usage>) {
        let usage = Arc::new(Usage::new(1 << 20));
        let dir = ProducerDir::create(root, ProducerId([9; 16])).unwrap();
        let spool = Arc::new(Spool::new(dir, usage.clone(), Arc::default(), 24));
        for at_ms in 1..=clicks {
            spool.append(&Click { at_ms: at_ms as i64, ..Click::default() }).unwrap();
        }
        (spool, usage)
    }

    /// Sends what can be sent and gives the numbers of the clicks.
    fn ship(producer: &mut Producer, max: u64, window: u64) -> Vec<i64> {
        let mut sent = Vec::new();
        while let Some(batch) = producer.next_batch(max, window).unwrap() {
            let message = ClickBatch::decode(producer.encode(&batch)).unwrap();
            assert_eq!(message.first_seq, batch.first_seq);
            sent.extend(message.clicks.iter().map(|click| click.at_ms));
            producer.sent(&batch, format!("{}-0", batch.first_seq));
        }
        sent
    }

    fn counted(seq: u64) -> ProducerProgress {
        ProducerProgress { counted: Some(seq), replay: None }
    }

    #[test]
    fn the_window_holds_back_until_something_is_counted() {
        let root = tempfile::tempdir().unwrap();
        let (spool, usage) = spool(root.path(), 10);
        let mut producer = Producer::live(spool, usage, 4);
        assert_eq!(ship(&mut producer, 2, 4), [1, 2, 3, 4]);
        producer.hear(counted(2)).unwrap();
        assert_eq!(ship(&mut producer, 2, 4), [5, 6]);
        assert_eq!(producer.depth(), 8);
    }

    #[test]
    fn a_replay_starts_where_the_consumer_says_and_a_rewind_behind_the_counted() {
        let root = tempfile::tempdir().unwrap();
        let (spool, usage) = spool(root.path(), 6);
        let mut producer = Producer::live(spool, usage, 4);
        ship(&mut producer, 2, 100);
        assert!(producer.hear(ProducerProgress { counted: Some(2), replay: Some(4) }).unwrap());
        assert_eq!(ship(&mut producer, 2, 100), [4, 5, 6]);
        producer.rewind();
        assert_eq!(ship(&mut producer, 100, 100), [3, 4, 5, 6]);
        assert!(
            producer.hear(ProducerProgress { counted: None, replay: Some(50) }).unwrap(),
            "a request for the future is void"
        );
        assert_eq!(ship(&mut producer, 100, 100), [0_i64; 0]);
    }

    #[test]
    fn a_batch_that_was_not_sent_comes_again() {
        let root = tempfile::tempdir().unwrap();
        let (spool, usage) = spool(root.path(), 3);
        let mut producer = Producer::live(spool, usage, 4);
        let batch = producer.next_batch(2, 100).unwrap().unwrap();
        producer.not_sent(&batch);
        assert_eq!(ship(&mut producer, 2, 100), [1, 2, 3]);
    }

    #[test]
    fn the_directory_of_a_dead_process_is_drained_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let (spool, _) = spool(root.path(), 6);
        drop(spool);
        let dir = ProducerDir::adopt_dead(root.path()).unwrap().pop().unwrap();
        let usage = Arc::new(Usage::new(1 << 20));
        let mut producer = Producer::adopted(dir, usage.clone(), 4).unwrap();
        assert!(usage.bytes() > 0 && !producer.is_finished());
        assert_eq!(ship(&mut producer, 100, 100), [1, 2, 3, 4, 5, 6]);
        producer.hear(counted(6)).unwrap();
        assert!(producer.is_finished());
        producer.retire().unwrap();
        assert_eq!(usage.bytes(), 0);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_counted_before_is_not_sent_by_the_heir() {
        let root = tempfile::tempdir().unwrap();
        let (spool, usage) = spool(root.path(), 6);
        let mut producer = Producer::live(spool, usage, 4);
        ship(&mut producer, 100, 100);
        producer.hear(counted(4)).unwrap();
        producer.retire().unwrap();
        let dir = ProducerDir::adopt_dead(root.path()).unwrap().pop().unwrap();
        let mut heir = Producer::adopted(dir, Arc::new(Usage::new(1 << 20)), 4).unwrap();
        assert_eq!(ship(&mut heir, 100, 100), [5, 6]);
    }

    #[test]
    fn segments_that_vanished_are_told_as_lost_once_and_skipped() {
        let root = tempfile::tempdir().unwrap();
        let (spool, usage) = spool(root.path(), 6);
        let mut producer = Producer::live(spool.clone(), usage, 4);
        let firsts = segment::list(spool.dir().path()).unwrap();
        std::fs::remove_file(segment::path(spool.dir().path(), firsts[0])).unwrap();
        let batch = producer.next_batch(100, 100).unwrap().unwrap();
        assert_eq!((batch.lost_through, batch.lost), (firsts[1] - 1, firsts[1] - 1));
        producer.not_sent(&batch);
        let again = producer.next_batch(100, 100).unwrap().unwrap();
        assert_eq!(again, batch);
    }
}
