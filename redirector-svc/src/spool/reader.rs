//! Reading clicks back in order, for the shipper.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use super::record::{self, Parsed};
use super::segment;

/// Bytes asked of the system at once. Longer than any record.
const CHUNK: usize = 256 * 1024;

/// Clicks that follow one another, ready for a `ClickBatch`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Number of the first click.
    pub first_seq: u64,
    /// How many clicks there are; 0 when the batch only reports a loss.
    pub count: u64,
    /// The payloads, each as field 3 (`clicks`) of a `ClickBatch`.
    pub clicks: Vec<u8>,
    /// Clicks up to this number could not be read and never will be; 0 when none.
    pub lost_through: u64,
    /// How many those are.
    pub lost: u64,
}

/// Walks through the segments of one producer.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    next_seq: u64,
    position: Option<Position>,
}

#[derive(Debug)]
struct Position {
    file: File,
    segment: u64,
    offset: u64,
    /// Number of the record at `offset`.
    seq: u64,
}

impl Reader {
    /// Starts at click `next_seq` of the producer in `dir`.
    pub fn new(dir: PathBuf, next_seq: u64) -> Self {
        Self { dir, next_seq, position: None }
    }

    /// Number of the click that [`Reader::read`] gives next.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Goes back or forth to click `seq`.
    pub fn seek(&mut self, seq: u64) {
        self.next_seq = seq;
        self.position = None;
    }

    /// Closes the open segment if it is deleted: an open file keeps its place on the disk.
    pub fn let_go(&mut self) -> io::Result<()> {
        let oldest = segment::list(&self.dir)?.first().copied();
        if self.position.as_ref().is_some_and(|position| oldest.is_none_or(|oldest| position.segment < oldest)) {
            self.position = None;
        }
        Ok(())
    }

    /// Up to `max` clicks, none at or after `end`. `None` when there is nothing before `end`.
    pub fn read(&mut self, end: u64, max: u64) -> io::Result<Option<Batch>> {
        if self.next_seq >= end {
            return Ok(None);
        }
        let mut batch = Batch { first_seq: self.next_seq, ..Batch::default() };
        while self.next_seq < end && batch.count < max {
            if !self.open(end)? {
                // The disk has less than was written: files were deleted.
                self.lose(end, &mut batch);
                break;
            }
            let before = self.place();
            self.take(end, max, &mut batch)?;
            // After a seek the wanted click may lie many chunks behind the start of its segment.
            if self.place() != before {
                continue;
            }
            // This segment has no more. The next one may start later than it should.
            match self.following_segment()? {
                Some(first) if first <= self.next_seq => self.enter(first)?,
                Some(_) if batch.count > 0 => break,
                Some(first) => {
                    self.lose(first.min(end), &mut batch);
                    self.enter(first)?;
                }
                None if batch.count > 0 => break,
                None => self.lose(end, &mut batch),
            }
        }
        Ok(Some(batch))
    }

    /// One past the last whole record, found by reading all of them from the last segment that starts at or before
    /// `next_seq`. For the spool of a dead process, whose end may be torn.
    pub fn find_end(dir: PathBuf) -> io::Result<u64> {
        let Some(last) = segment::list(&dir)?.pop() else { return Ok(1) };
        let mut reader = Self::new(dir, last);
        reader.enter(last)?;
        let mut batch = Batch::default();
        loop {
            let before = reader.next_seq;
            reader.take(u64::MAX, u64::MAX, &mut batch)?;
            batch.clicks.clear();
            if reader.next_seq == before {
                return Ok(before);
            }
        }
    }

    /// Makes `position` stand at or before `next_seq`. False when no segment is left.
    fn open(&mut self, end: u64) -> io::Result<bool> {
        if self.position.is_some() {
            return Ok(true);
        }
        let firsts = segment::list(&self.dir)?;
        let at = firsts.partition_point(|first| *first <= self.next_seq);
        let Some(first) = firsts.get(at.saturating_sub(1)).filter(|first| **first < end) else { return Ok(false) };
        self.enter(*first)?;
        Ok(true)
    }

    /// Changes whenever a chunk had something to read.
    fn place(&self) -> (u64, Option<u64>) {
        (self.next_seq, self.position.as_ref().map(|position| position.offset))
    }

    fn enter(&mut self, segment: u64) -> io::Result<()> {
        let file = File::open(segment::path(&self.dir, segment))?;
        self.position = Some(Position { file, segment, offset: 0, seq: segment });
        Ok(())
    }

    fn following_segment(&self) -> io::Result<Option<u64>> {
        let Some(position) = &self.position else { return Ok(None) };
        Ok(segment::list(&self.dir)?.into_iter().find(|first| *first > position.segment))
    }

    /// Reads one chunk of the open segment into `batch`.
    fn take(&mut self, end: u64, max: u64, batch: &mut Batch) -> io::Result<()> {
        let Some(position) = &mut self.position else { return Ok(()) };
        if position.seq > self.next_seq {
            // The oldest segment starts after the wanted click: a hole, which the caller fills in.
            if batch.count == 0 {
                batch.lost += position.seq.min(end) - self.next_seq;
                self.next_seq = position.seq.min(end);
                batch.first_seq = self.next_seq;
                batch.lost_through = self.next_seq - 1;
            }
            return Ok(());
        }
        let mut chunk = vec![0; CHUNK];
        let filled = position.file.read_at(&mut chunk, position.offset)?;
        let mut rest = &chunk[..filled];
        while position.seq < end && batch.count < max {
            let size = match record::parse(rest) {
                Parsed::Click(payload) => {
                    if position.seq >= self.next_seq {
                        push(payload, &mut batch.clicks);
                        batch.count += 1;
                    }
                    payload.len()
                }
                Parsed::Corrupt(size) => {
                    if position.seq >= self.next_seq {
                        if batch.count > 0 {
                            return Ok(());
                        }
                        batch.lost += 1;
                        batch.first_seq = position.seq + 1;
                        batch.lost_through = position.seq;
                    }
                    size
                }
                Parsed::Incomplete | Parsed::Garbage => break,
            };
            rest = &rest[record::HEADER + size..];
            position.offset += (record::HEADER + size) as u64;
            position.seq += 1;
            self.next_seq = self.next_seq.max(position.seq);
        }
        Ok(())
    }

    fn lose(&mut self, until: u64, batch: &mut Batch) {
        batch.lost += until.saturating_sub(self.next_seq);
        self.next_seq = until;
        batch.first_seq = until;
        batch.lost_through = until - 1;
    }
}

/// Appends `payload` as field 3, length-delimited.
fn push(payload: &[u8], clicks: &mut Vec<u8>) {
    const TAG: u8 = 3 << 3 | 2;
    clicks.push(TAG);
    prost::encode_length_delimiter(payload.len(), clicks).expect("a Vec grows as needed");
    clicks.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use curtail_proto::events::v1::{Click, ClickBatch};
    use prost::Message as _;

    use super::*;

    fn write_segment(dir: &Path, first: u64, count: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buffer = Vec::new();
        for seq in first..first + count {
            record::frame(&Click { at_ms: seq as i64, ..Click::default() }, &mut buffer);
            bytes.extend_from_slice(&buffer);
        }
        fs::write(segment::path(dir, first), &bytes).unwrap();
        bytes
    }

    /// All batches up to `end` as (numbers of the clicks, lost_through, lost).
    fn drain(reader: &mut Reader, end: u64, max: u64) -> Vec<(Vec<i64>, u64, u64)> {
        let mut all = Vec::new();
        while let Some(batch) = reader.read(end, max).unwrap() {
            let clicks = ClickBatch::decode(batch.clicks.as_slice()).unwrap().clicks;
            assert_eq!(clicks.len() as u64, batch.count);
            assert!(clicks.first().is_none_or(|click| click.at_ms as u64 == batch.first_seq));
            all.push((clicks.iter().map(|click| click.at_ms).collect(), batch.lost_through, batch.lost));
        }
        all
    }

    #[test]
    fn batches_run_over_segments_and_stop_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        write_segment(dir.path(), 1, 3);
        write_segment(dir.path(), 4, 3);
        let mut reader = Reader::new(dir.path().to_owned(), 1);
        assert_eq!(drain(&mut reader, 6, 4), [(vec![1, 2, 3, 4], 0, 0), (vec![5], 0, 0)]);
        reader.seek(3);
        assert_eq!(drain(&mut reader, 7, 100), [(vec![3, 4, 5, 6], 0, 0)]);
        assert_eq!(Reader::find_end(dir.path().to_owned()).unwrap(), 7);
    }

    #[test]
    fn a_seek_finds_clicks_beyond_the_first_chunk_of_a_segment() {
        let dir = tempfile::tempdir().unwrap();
        let count = 4 * CHUNK as u64 / (record::HEADER as u64 + 2);
        write_segment(dir.path(), 1, count);
        let mut reader = Reader::new(dir.path().to_owned(), count);
        assert_eq!(drain(&mut reader, count + 1, 100), [(vec![count as i64], 0, 0)]);
        reader.seek(count - 1);
        assert_eq!(drain(&mut reader, count + 1, 100), [(vec![count as i64 - 1, count as i64], 0, 0)]);
    }

    #[test]
    fn a_torn_end_is_no_click() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = write_segment(dir.path(), 1, 3);
        for cut in 1..bytes.len() / 3 {
            fs::write(segment::path(dir.path(), 1), &bytes[..bytes.len() - cut]).unwrap();
            assert_eq!(Reader::find_end(dir.path().to_owned()).unwrap(), 3, "cut {cut}");
        }
        fs::write(segment::path(dir.path(), 1), [bytes, vec![0; 100]].concat()).unwrap();
        assert_eq!(Reader::find_end(dir.path().to_owned()).unwrap(), 4, "zeros behind the last record");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(Reader::find_end(empty.path().to_owned()).unwrap(), 1);
    }

    #[test]
    fn a_hole_is_told_in_a_batch_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        write_segment(dir.path(), 3, 2);
        write_segment(dir.path(), 7, 2);
        let mut reader = Reader::new(dir.path().to_owned(), 1);
        let expected = [(vec![3, 4], 2, 2), (vec![7, 8], 6, 2)];
        assert_eq!(drain(&mut reader, 9, 100), expected);
    }

    #[test]
    fn a_spoiled_record_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = write_segment(dir.path(), 1, 3);
        let second = bytes.len() / 3;
        bytes[second + record::HEADER] ^= 1;
        fs::write(segment::path(dir.path(), 1), bytes).unwrap();
        let mut reader = Reader::new(dir.path().to_owned(), 1);
        assert_eq!(drain(&mut reader, 4, 100), [(vec![1], 0, 0), (vec![3], 2, 1)]);
    }

    #[test]
    fn a_deleted_segment_is_not_kept_open() {
        let dir = tempfile::tempdir().unwrap();
        write_segment(dir.path(), 1, 2);
        let mut reader = Reader::new(dir.path().to_owned(), 1);
        drain(&mut reader, 3, 100);
        reader.let_go().unwrap();
        assert!(reader.position.is_some(), "it is still there");
        write_segment(dir.path(), 3, 1);
        segment::remove_counted(dir.path(), 2).unwrap();
        reader.let_go().unwrap();
        assert!(reader.position.is_none());
        assert_eq!(drain(&mut reader, 4, 100), [(vec![3], 0, 0)]);
    }

    #[test]
    fn deleted_files_are_a_loss_and_not_a_standstill() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(dir.path().to_owned(), 1);
        assert_eq!(drain(&mut reader, 6, 100), [(vec![], 5, 5)]);
        write_segment(dir.path(), 6, 1);
        assert_eq!(drain(&mut reader, 7, 100), [(vec![6], 0, 0)]);
    }
}
