//! Readiness as a set of latches.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Whether this process should get requests: when every latch is up. Apart from liveness, which only says that the process
/// answers at all. Clones share one state.
#[derive(Clone, Debug)]
pub struct Readiness {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    // The flag and the watched sum change under one lock, so that the last change always wins.
    latches: Mutex<Vec<(&'static str, bool)>>,
    ready: watch::Sender<bool>,
}

/// One condition of readiness. Down until [`Latch::set`]; clones set the same condition.
#[derive(Clone, Debug)]
pub struct Latch {
    inner: Arc<Inner>,
    index: usize,
}

impl Readiness {
    /// Ready until the first latch is made.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner { latches: Mutex::new(Vec::new()), ready: watch::Sender::new(true) }) }
    }

    /// Adds a condition that is not met yet. `name` is shown to operators: a noun such as `"database"`.
    pub fn latch(&self, name: &'static str) -> Latch {
        let index = self.inner.change(|latches| {
            latches.push((name, false));
            latches.len() - 1
        });
        Latch { inner: Arc::clone(&self.inner), index }
    }

    /// Whether all conditions are met.
    pub fn is_ready(&self) -> bool {
        *self.inner.ready.borrow()
    }

    /// The names of the conditions that are not met.
    pub fn pending(&self) -> Vec<&'static str> {
        let latches = self.inner.latches.lock().unwrap_or_else(PoisonError::into_inner);
        latches.iter().filter(|(_, up)| !up).map(|(name, _)| *name).collect()
    }

    /// Follows readiness, for health services that push changes.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.inner.ready.subscribe()
    }

    /// Waits until all conditions are met.
    pub async fn ready(&self) {
        // The sender lives in `self`, so waiting can only end by readiness.
        let _ = self.watch().wait_for(|ready| *ready).await;
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Latch {
    /// Says whether the condition is met.
    pub fn set(&self, up: bool) {
        self.inner.change(|latches| latches[self.index].1 = up);
    }
}

impl Inner {
    fn change<T>(&self, change: impl FnOnce(&mut Vec<(&'static str, bool)>) -> T) -> T {
        let mut latches = self.latches.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut latches);
        let ready = latches.iter().all(|(_, up)| *up);
        self.ready.send_if_modified(|was| std::mem::replace(was, ready) != ready);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_when_every_latch_is_up() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let (database, redis) = (readiness.latch("database"), readiness.latch("redis"));
        assert_eq!(readiness.pending(), ["database", "redis"]);
        database.set(true);
        assert!(!readiness.is_ready());
        redis.clone().set(true);
        readiness.ready().await;
        database.set(false);
        assert_eq!(readiness.pending(), ["database"]);
        assert!(!*readiness.watch().borrow());
    }
}
