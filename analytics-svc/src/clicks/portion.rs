//! How many clicks a batch may have: fewer while looking for those that the database refuses.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The bound of the batches of one shard. It halves with each batch that is refused for its data, down to a single entry of
/// the stream, which is then set aside; it doubles with each batch that is counted.
#[derive(Debug)]
pub struct Portion {
    most: usize,
    now: AtomicUsize,
}

impl Portion {
    /// Begins with `most`.
    pub fn new(most: usize) -> Self {
        Self { most, now: AtomicUsize::new(most) }
    }

    /// The bound of the next batch, in clicks.
    pub fn clicks(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    /// A batch of so many clicks was refused.
    pub fn refused(&self, clicks: usize) {
        self.now.store((clicks / 2).clamp(1, self.most), Ordering::Relaxed);
    }

    /// A batch was counted.
    pub fn counted(&self) {
        self.now.store(self.clicks().saturating_mul(2).min(self.most), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_halves_and_recovers() {
        let portion = Portion::new(100);
        portion.refused(60);
        assert_eq!(portion.clicks(), 30);
        portion.refused(1);
        assert_eq!(portion.clicks(), 1);
        for expected in [2, 4, 8, 16, 32, 64, 100, 100] {
            portion.counted();
            assert_eq!(portion.clicks(), expected);
        }
    }
}
