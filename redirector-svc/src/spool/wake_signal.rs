//! Waking the shipper without paying for it with each click.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Wakes the shipper once each time it was armed.
#[derive(Debug, Default)]
pub struct WakeSignal {
    set: AtomicBool,
    notify: Notify,
}

impl WakeSignal {
    /// Wakes the shipper if it has waited since the last time.
    pub fn notify(&self) {
        if self.set.load(Ordering::SeqCst) && self.set.swap(false, Ordering::SeqCst) {
            self.notify.notify_one();
        }
    }

    /// Waits for the next notification, unless there is `work` already.
    pub async fn wait(&self, work: impl Fn() -> bool) {
        self.set.store(true, Ordering::SeqCst);
        if !work() {
            self.notify.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_waiting_shipper_is_woken() {
        let wake = Arc::new(WakeSignal::default());
        wake.notify();
        let waiting = tokio::spawn({
            let wake = wake.clone();
            async move { wake.wait(|| false).await }
        });
        while !wake.set.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        wake.notify();
        waiting.await.unwrap();
        wake.wait(|| true).await;
    }
}
