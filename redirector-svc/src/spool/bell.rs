//! Waking the shipper without paying for it with each click.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A bell that rings once each time it was set.
#[derive(Debug, Default)]
pub struct Bell {
    set: AtomicBool,
    rung: Notify,
}

impl Bell {
    /// Rings, if anybody asked for it since the last time.
    pub fn ring(&self) {
        if self.set.load(Ordering::SeqCst) && self.set.swap(false, Ordering::SeqCst) {
            self.rung.notify_one();
        }
    }

    /// Waits for the next ring, unless there is `work` already.
    pub async fn wait(&self, work: impl Fn() -> bool) {
        self.set.store(true, Ordering::SeqCst);
        if !work() {
            self.rung.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn wakes_the_one_who_waits() {
        let bell = Arc::new(Bell::default());
        bell.ring();
        let waiting = tokio::spawn({
            let bell = bell.clone();
            async move { bell.wait(|| false).await }
        });
        while !bell.set.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        bell.ring();
        waiting.await.unwrap();
        bell.wait(|| true).await;
    }
}
