//! One source, many readers of different speed.
//!
//! The source never waits. A reader that is too slow loses the oldest items and learns how much was in them: every item has a
//! weight (how many clicks a message stands for), and each is told with the sum of the weights before it. [`Room`] is that for the
//! streams of a service: watchers of a workspace, some of them of one link.

mod room;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::{self, error::RecvError};

pub use room::{Room, Watch};

/// The source. Readers end when it is dropped.
pub struct Fanout<T> {
    sender: broadcast::Sender<Arc<Told<T>>>,
    /// The weight of everything told. Held while telling and while a reader is made, so that each reader begins between two
    /// items.
    total: Mutex<u64>,
}

struct Told<T> {
    before: u64,
    weight: u64,
    item: T,
}

impl<T> Fanout<T> {
    /// A source whose readers may be `behind` items behind.
    pub fn new(behind: usize) -> Self {
        Self { sender: broadcast::Sender::new(behind), total: Mutex::new(0) }
    }

    /// Tells all readers. Without readers nothing happens.
    pub fn tell(&self, item: T, weight: u64) {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *total;
        *total += weight;
        // The only error is that no one reads.
        let _ = self.sender.send(Arc::new(Told { before, weight, item }));
    }

    /// A reader of everything from now on.
    pub fn reader(&self) -> Reader<T> {
        let total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        Reader { receiver: self.sender.subscribe(), seen: *total }
    }

    /// Whether no one reads.
    pub fn is_idle(&self) -> bool {
        self.sender.receiver_count() == 0
    }
}

/// One reader.
pub struct Reader<T> {
    receiver: broadcast::Receiver<Arc<Told<T>>>,
    seen: u64,
}

impl<T: Clone> Reader<T> {
    /// The next item, and the weight of what was lost before it; `None` when the source is gone. May be dropped and called
    /// again.
    pub async fn next(&mut self) -> Option<(T, u64)> {
        loop {
            match self.receiver.recv().await {
                Ok(told) => {
                    let lost = told.before.saturating_sub(self.seen);
                    self.seen = told.before + told.weight;
                    return Some((told.item.clone(), lost));
                }
                // The next item tells how much it was.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl<T> fmt::Debug for Fanout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout").field("readers", &self.sender.receiver_count()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("seen", &self.seen).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_later_is_not_told_of_what_was_before() {
        let fanout = Fanout::new(4);
        fanout.tell("a", 7);
        let mut late = fanout.reader();
        fanout.tell("b", 1);
        assert_eq!(late.next().await, Some(("b", 0)));
        drop(fanout);
        assert_eq!(late.next().await, None);
    }

    #[tokio::test]
    async fn a_slow_reader_loses_the_oldest_and_learns_how_much() {
        let fanout = Fanout::new(4);
        let (mut slow, mut quick) = (fanout.reader(), fanout.reader());
        for n in 0..7_u64 {
            fanout.tell(n, n);
            assert_eq!(quick.next().await, Some((n, 0)));
        }
        assert_eq!(slow.next().await, Some((3, 3)));
        assert_eq!(slow.next().await, Some((4, 0)));
        drop((slow, quick));
        assert!(fanout.is_idle());
    }
}
