//! One watcher of a workspace, or of one of its links.

use std::sync::Arc;

use fanout::{Fanout, Reader};
use futures_util::{Stream, stream};
use proto::analytics::v1::{LiveClick, WatchClicksResponse};

/// Messages that a slow watcher may be behind before it loses the oldest.
const BEHIND: usize = 64;

/// Sends to all watchers of a workspace in this process.
pub(super) struct Room(Fanout<Arc<WatchClicksResponse>>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Fanout::new(BEHIND))
    }

    pub(super) fn tell(&self, message: WatchClicksResponse) {
        let weight = message.clicks.len() as u64 + message.skipped;
        self.0.tell(Arc::new(message), weight);
    }

    pub(super) fn watch(&self, link_id: i64) -> Watch {
        Watch { reader: self.0.reader(), link_id, skipped: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_idle()
    }
}

/// What one watcher has yet to see.
pub struct Watch {
    reader: Reader<Arc<WatchClicksResponse>>,
    /// 0: all links.
    link_id: i64,
    /// Clicks that were left out since the last message.
    skipped: u64,
}

impl Watch {
    /// The next message; `None` when the process stops to serve watchers.
    pub async fn next(&mut self) -> Option<WatchClicksResponse> {
        loop {
            let (message, lost) = self.reader.next().await?;
            self.skipped += lost + message.skipped;
            let wanted = |click: &&LiveClick| self.link_id == 0 || click.link_id == self.link_id;
            let clicks: Vec<LiveClick> = message.clicks.iter().filter(wanted).cloned().collect();
            // Who watches one link is told of clicks left out together with the next one of that link.
            if !clicks.is_empty() || (self.link_id == 0 && self.skipped > 0) {
                return Some(WatchClicksResponse { clicks, skipped: std::mem::take(&mut self.skipped) });
            }
        }
    }

    /// As a stream.
    pub fn into_stream(self) -> impl Stream<Item = WatchClicksResponse> + Send {
        stream::unfold(self, async |mut watch| watch.next().await.map(|message| (message, watch)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(links: &[i64], skipped: u64) -> WatchClicksResponse {
        let clicks = links.iter().map(|&link_id| LiveClick { link_id, ..LiveClick::default() }).collect();
        WatchClicksResponse { clicks, skipped }
    }

    async fn seen(watch: &mut Watch) -> (Vec<i64>, u64) {
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
    async fn a_slow_watcher_learns_how_many_clicks_it_lost() {
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
