//! Clicks that are answered together are written together.
//!
//! When several requests are at hand, a serving thread makes all their answers in one turn of its event loop. Their clicks
//! share one `write(2)`, after which the answers leave. A click that is alone is written at once: it waits for
//! no later one.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use curtail_proto::events::v1::Click;

use super::{DropReason, Spool, record};

/// The clicks of one serving thread on the way to its spool.
#[derive(Debug)]
pub struct Commit {
    spool: Arc<Spool>,
    // Only tasks of one thread take it, so it is never contended.
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    /// Counts the writes that are done.
    number: u64,
    /// The framed clicks of this turn.
    records: Vec<u8>,
    clicks: u64,
    frame: Vec<u8>,
    /// Answers that wait for this turn's write.
    waiting: Vec<Waker>,
    /// The task that writes.
    writer: Option<Waker>,
}

impl Commit {
    /// Writes to `spool`.
    pub fn new(spool: Arc<Spool>) -> Self {
        Self { spool, turn: Mutex::default() }
    }

    /// Takes a click. It is written when the returned future is done, or counted as dropped.
    pub fn add(self: &Arc<Self>, click: &Click) -> ClickWrite {
        let mut turn = self.lock();
        let Turn { records, frame, .. } = &mut *turn;
        record::frame(click, frame);
        records.extend_from_slice(frame);
        turn.clicks += 1;
        // The scheduler is first in, first out: the writer comes after every request that is at hand.
        if let Some(writer) = turn.writer.take() {
            writer.wake();
        }
        ClickWrite { commit: self.clone(), turn: turn.number }
    }

    /// Writes turn by turn, for ever; `report` hears how many clicks each had and what became of them. To be run on the
    /// thread whose clicks these are.
    pub async fn run(&self, mut report: impl FnMut(u64, Result<(), DropReason>)) {
        let mut due = Vec::new();
        std::future::poll_fn(|context| {
            let mut turn = self.lock();
            if turn.clicks > 0 {
                report(turn.clicks, self.spool.append_records(&turn.records, turn.clicks));
                turn.number += 1;
                turn.clicks = 0;
                turn.records.clear();
                std::mem::swap(&mut due, &mut turn.waiting);
            }
            turn.writer = Some(context.waker().clone());
            drop(turn);
            due.drain(..).for_each(Waker::wake);
            Poll::<()>::Pending
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Done when a click is written.
#[derive(Debug)]
#[must_use = "an answer must not leave before its click is written"]
pub struct ClickWrite {
    commit: Arc<Commit>,
    turn: u64,
}

impl Future for ClickWrite {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut turn = self.commit.lock();
        if turn.number > self.turn {
            return Poll::Ready(());
        }
        turn.waiting.push(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{ProducerDir, ProducerId, Reader, Usage};

    #[tokio::test]
    async fn the_clicks_of_a_turn_share_a_write_and_are_there_when_it_is_told() {
        let root = tempfile::tempdir().unwrap();
        let dir = ProducerDir::create(root.path(), ProducerId([1; 16])).unwrap();
        let path = dir.path().to_owned();
        let spool = Arc::new(Spool::new(dir, Arc::new(Usage::new(1 << 20)), Arc::default(), 1 << 20));
        let commit = Arc::new(Commit::new(spool.clone()));
        let turns = Arc::new(Mutex::new(Vec::new()));
        let writer = tokio::spawn({
            let (commit, turns) = (commit.clone(), turns.clone());
            async move { commit.run(|clicks, _| turns.lock().unwrap().push(clicks)).await }
        });
        let answers: Vec<_> = (1..=5)
            .map(|at_ms| {
                let (commit, spool) = (commit.clone(), spool.clone());
                tokio::spawn(async move {
                    commit.add(&Click { at_ms, ..Click::default() }).await;
                    assert_eq!(spool.next_seq(), 6);
                })
            })
            .collect();
        for answer in answers {
            answer.await.unwrap();
        }
        commit.add(&Click { at_ms: 6, ..Click::default() }).await;
        writer.abort();
        assert_eq!(*turns.lock().unwrap(), [5, 1]);
        assert_eq!(Reader::new(path, 1).read(7, 100).unwrap().unwrap().count, 6);
    }

    #[tokio::test]
    async fn clicks_that_can_not_be_written_hold_up_nobody() {
        let root = tempfile::tempdir().unwrap();
        let dir = ProducerDir::create(root.path(), ProducerId([1; 16])).unwrap();
        let spool = Arc::new(Spool::new(dir, Arc::new(Usage::new(0)), Arc::default(), 1 << 20));
        let commit = Arc::new(Commit::new(spool));
        let dropped = Mutex::new(0);
        tokio::select! {
            () = commit.run(|clicks, written| {
                assert_eq!(written, Err(DropReason::SpoolFull));
                *dropped.lock().unwrap() += clicks;
            }) => {}
            () = commit.add(&Click { at_ms: 1, ..Click::default() }) => {}
        }
        assert_eq!(*dropped.lock().unwrap(), 1);
    }
}
