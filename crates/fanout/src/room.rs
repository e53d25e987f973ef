//! Watchers of one workspace, or of single links of it.

use std::sync::Arc;

use curtail_proto::{Batch, Item as _};
use futures_util::{Stream, stream};

use crate::{Fanout, Reader};

/// Messages that a slow watcher may be behind before it loses the oldest.
const BEHIND: usize = 64;

/// Tells all watchers of a workspace what happens in it.
#[derive(Debug)]
pub struct Room<B>(Fanout<Arc<B>>);

impl<B: Batch> Room<B> {
    /// No one watches yet.
    pub fn new() -> Self {
        Self(Fanout::new(BEHIND))
    }

    /// Tells all watchers. Never waits.
    pub fn tell(&self, message: B) {
        let weight = message.weight();
        self.0.tell(Arc::new(message), weight);
    }

    /// A watcher of everything from now on; of one link, or of all with 0.
    pub fn watch(&self, link_id: i64) -> Watch<B> {
        Watch { reader: self.0.reader(), link_id, skipped: 0 }
    }

    /// Whether no one watches.
    pub fn is_empty(&self) -> bool {
        self.0.is_idle()
    }
}

impl<B: Batch> Default for Room<B> {
    fn default() -> Self {
        Self::new()
    }
}

/// What one watcher has yet to see.
#[derive(Debug)]
pub struct Watch<B> {
    reader: Reader<Arc<B>>,
    /// 0: all links.
    link_id: i64,
    /// What was left out since the last message.
    skipped: u64,
}

impl<B: Batch> Watch<B> {
    /// The next message; `None` when the room is gone.
    pub async fn next(&mut self) -> Option<B> {
        loop {
            let (message, lost) = self.reader.next().await?;
            self.skipped += lost + message.skipped();
            let wanted = |item: &&B::Item| self.link_id == 0 || item.link_id() == self.link_id;
            let items: Vec<B::Item> = message.items().iter().filter(wanted).cloned().collect();
            // Who watches one link is notified of what was left out together with the next of that link.
            if !items.is_empty() || (self.link_id == 0 && self.skipped > 0) {
                return Some(B::new(items, std::mem::take(&mut self.skipped)));
            }
        }
    }

    /// As a stream.
    pub fn into_stream(self) -> impl Stream<Item = B> + Send {
        stream::unfold(self, async |mut watch| watch.next().await.map(|message| (message, watch)))
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::analytics::v1::{LiveClick, WatchClicksResponse};

    use super::*;

    fn message(links: &[i64], skipped: u64) -> WatchClicksResponse {
        let clicks = links.iter().map(|&link_id| LiveClick { link_id, ..LiveClick::default() }).collect();
        WatchClicksResponse { clicks, skipped }
    }

    async fn seen(watch: &mut Watch<WatchClicksResponse>) -> (Vec<i64>, u64) {
        let message = watch.next().await.unwrap();
        (message.clicks.iter().map(|click| click.link_id).collect(), message.skipped)
    }

    #[tokio::test]
    async fn a_watcher_of_one_link_sees_that_link_and_how_much_was_left_out() {
        let room = Room::new();
        let (mut all, mut one) = (room.watch(0), room.watch(5));
        room.tell(message(&[4], 2));
        room.tell(message(&[], 3));
        room.tell(message(&[4, 5], 0));
        assert_eq!(seen(&mut all).await, (vec![4], 2));
        assert_eq!(seen(&mut all).await, (vec![], 3));
        assert_eq!(seen(&mut all).await, (vec![4, 5], 0));
        assert_eq!(seen(&mut one).await, (vec![5], 5));
    }

    #[tokio::test]
    async fn a_slow_watcher_learns_how_much_it_lost() {
        let room = Room::new();
        let mut slow = room.watch(0);
        for n in 0..BEHIND as i64 + 3 {
            room.tell(message(&[n, n], 1));
        }
        assert_eq!(seen(&mut slow).await, (vec![3, 3], 3 * 3 + 1));
        assert_eq!(seen(&mut slow).await, (vec![4, 4], 1));
        drop(slow);
        assert!(room.is_empty());
    }
}
