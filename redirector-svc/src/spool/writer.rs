//! Appending clicks: the only part of the spool on the way of a redirect.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtail_proto::events::v1::Click;

use super::{ProducerDir, Usage, WakeSignal, record, segment};

/// Why a click was not recorded. The redirect is answered all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The file system has no room.
    DiskFull,
    /// `spool_max_bytes` are taken.
    SpoolFull,
    /// Any other error of the file system.
    Io,
}

impl DropReason {
    /// The `reason` of the metric.
    pub fn reason(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::SpoolFull => "spool_full",
            Self::Io => "io_error",
        }
    }
}

/// The writing end of one producer.
#[derive(Debug)]
pub struct Spool {
    dir: ProducerDir,
    usage: Arc<Usage>,
    wake: Arc<WakeSignal>,
    segment_bytes: u64,
    active: Mutex<Active>,
    /// Number of the next click. Written under `active`, after the click is in its file; the shipper reads up to it.
    next_seq: AtomicU64,
}

#[derive(Debug, Default)]
struct Active {
    file: Option<Arc<File>>,
    bytes: u64,
}

impl Spool {
    /// A new producer in `dir` whose segments are closed at `segment_bytes`. It notifies `wake` of a click.
    pub fn new(dir: ProducerDir, usage: Arc<Usage>, wake: Arc<WakeSignal>, segment_bytes: u64) -> Self {
        Self { dir, usage, wake, segment_bytes, active: Mutex::default(), next_seq: AtomicU64::new(1) }
    }

    /// Records a click: when this returns its number, the click survives the end of the process.
    pub fn append(&self, click: &Click) -> Result<u64, DropReason> {
        let mut record = Vec::new();
        record::frame(click, &mut record);
        self.append_records(&record, 1)?;
        Ok(self.next_seq() - 1)
    }

    /// Records `count` clicks that are framed already, all or none.
    pub fn append_records(&self, records: &[u8], count: u64) -> Result<(), DropReason> {
        self.lock().append(self, records, count)?;
        self.wake.notify();
        Ok(())
    }

    /// The directory.
    pub fn dir(&self) -> &ProducerDir {
        &self.dir
    }

    /// Number of the click that comes next; all before it can be read.
    pub fn next_seq(&self) -> u64 {
        self.next_seq.load(Ordering::SeqCst)
    }

    /// Asks the system to bring what was written to the disk.
    pub fn sync(&self) -> io::Result<()> {
        let file = self.lock().file.clone();
        file.map_or(Ok(()), |file| file.sync_data())
    }

    fn lock(&self) -> MutexGuard<'_, Active> {
        // The state is whole between any two statements that can panic.
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn append(&mut self, spool: &Spool, records: &[u8], count: u64) -> Result<(), DropReason> {
        let seq = spool.next_seq.load(Ordering::Relaxed);
        let size = records.len() as u64;
        if self.bytes + size > spool.segment_bytes {
            self.close();
        }
        if !spool.usage.reserve(size) {
            // The newest segment is never deleted. So that its bytes can be freed once they are counted, it must not stay
            // the newest.
            self.close();
            let _ = self.open(spool, seq);
            return Err(DropReason::SpoolFull);
        }
        match self.write(spool, seq, records) {
            Ok(()) => {
                self.bytes += size;
                // Before the notification: the shipper arms the signal and then looks here.
                spool.next_seq.store(seq + count, Ordering::SeqCst);
                Ok(())
            }
            Err(error) => {
                spool.usage.release(size);
                self.close();
                Err(classify(&error))
            }
        }
    }

    fn write(&mut self, spool: &Spool, seq: u64, records: &[u8]) -> io::Result<()> {
        let file = self.open(spool, seq)?;
        match (&*file).write(records) {
            Ok(written) if written == records.len() => Ok(()),
            // Half a record must not stay in front of the next one.
            Ok(_) => file.set_len(self.bytes).and(Err(io::ErrorKind::StorageFull.into())),
            Err(error) => Err(error),
        }
    }

    fn open(&mut self, spool: &Spool, seq: u64) -> io::Result<Arc<File>> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let path = segment::path(spool.dir.path(), seq);
        // Without truncation what a failed attempt left under the same name would stand in front of the records.
        let file = Arc::new(File::options().create(true).write(true).truncate(true).open(path)?);
        Ok(self.file.insert(file).clone())
    }

    /// The next click opens a new segment, unless this one is still empty.
    fn close(&mut self) {
        if self.bytes > 0 {
            self.file = None;
            self.bytes = 0;
        }
    }
}

fn classify(error: &io::Error) -> DropReason {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DropReason::DiskFull,
        _ => DropReason::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{ProducerId, Reader};

    fn click(at_ms: i64) -> Click {
        Click { at_ms, user_agent: "x".repeat(50), ..Click::default() }
    }

    #[test]
    fn numbers_are_contiguous_over_segments() {
        let root = tempfile::tempdir().unwrap();
        let dir = ProducerDir::create(root.path(), ProducerId([1; 16])).unwrap();
        let spool = Spool::new(dir, Arc::new(Usage::new(1 << 20)), Arc::default(), 200);
        for expected in 1..=10 {
            assert_eq!(spool.append(&click(1)), Ok(expected));
        }
        assert_eq!(segment::list(spool.dir().path()).unwrap(), [1, 4, 7, 10]);
    }

    #[test]
    fn a_full_spool_drops_and_recovers_once_the_counted_segments_are_gone() {
        let root = tempfile::tempdir().unwrap();
        let usage = Arc::new(Usage::new(200));
        let dir = ProducerDir::create(root.path(), ProducerId([1; 16])).unwrap();
        let spool = Spool::new(dir, usage.clone(), Arc::default(), 1 << 20);
        while spool.append(&click(1)).is_ok() {}
        let end = spool.next_seq();
        assert_eq!(spool.append(&click(1)), Err(DropReason::SpoolFull));
        assert_eq!(spool.next_seq(), end, "a dropped click takes no number");
        usage.release(segment::remove_counted(spool.dir().path(), end - 1).unwrap());
        assert_eq!(spool.append(&click(2)), Ok(end));
        let mut reader = Reader::new(spool.dir().path().to_owned(), end);
        assert_eq!(reader.read(end + 1, 10).unwrap().unwrap().count, 1);
    }
}
