//! How much of the disk the spool takes.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes in all producers that this process writes or has adopted, against their bound.
#[derive(Debug)]
pub struct Usage {
    bytes: AtomicU64,
    limit: u64,
}

impl Usage {
    /// Nothing used of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { bytes: AtomicU64::new(0), limit }
    }

    /// Takes `bytes` if they fit. Threads that race here may together pass the bound by one record each.
    pub fn reserve(&self, bytes: u64) -> bool {
        if self.bytes.load(Ordering::Relaxed).saturating_add(bytes) > self.limit {
            return false;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    /// Takes `bytes` that are on the disk already, whether they fit or not.
    pub fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives `bytes` back.
    pub fn release(&self, bytes: u64) {
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used.saturating_sub(bytes)));
    }

    /// Bytes taken.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_fits_and_not_one_byte_more() {
        let usage = Usage::new(10);
        assert!(usage.reserve(10));
        assert!(!usage.reserve(1));
        usage.release(3);
        assert!(usage.reserve(3));
        usage.add(5);
        assert_eq!(usage.bytes(), 15);
    }
}
