//! What was told already. Two streams overlap while one takes the place of the other.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use curtail_proto::{Batch, Item as _};

/// How much is remembered: what a busy workspace brings in some overlaps.
const REMEMBERED: usize = 4096;

/// For how long. Two streams bring the same at almost the same time; there are as many of these as feeds, so each keeps little.
const LONG: Duration = Duration::from_secs(5);

/// What happened last, by a hash of its id.
#[derive(Debug, Default)]
pub(super) struct Recent {
    hasher: RandomState,
    known: HashSet<u64>,
    order: VecDeque<(u64, Instant)>,
}

impl Recent {
    /// What of `message` was not seen before.
    pub(super) fn fresh<B: Batch>(&mut self, message: &B) -> Vec<B::Item> {
        let now = Instant::now();
        self.forget(now);
        message.items().iter().filter(|item| self.is_new(item.id(), now)).cloned().collect()
    }

    fn is_new(&mut self, id: &str, now: Instant) -> bool {
        let hash = self.hasher.hash_one(id);
        if !self.known.insert(hash) {
            return false;
        }
        if self.order.len() == REMEMBERED
            && let Some((oldest, _)) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back((hash, now));
        true
    }

    /// Forgets what was told long before `now`, and gives its memory back.
    fn forget(&mut self, now: Instant) {
        while let Some((oldest, told)) = self.order.front()
            && now.saturating_duration_since(*told) > LONG
        {
            self.known.remove(oldest);
            self.order.pop_front();
        }
        if self.order.is_empty() && self.order.capacity() > 0 {
            (self.known, self.order) = Default::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_new_once_and_old_ones_are_forgotten() {
        let (mut recent, now) = (Recent::default(), Instant::now());
        assert!(recent.is_new("a", now) && !recent.is_new("a", now));
        for n in 0..REMEMBERED - 1 {
            assert!(recent.is_new(&n.to_string(), now));
        }
        assert!(!recent.is_new("a", now), "just within what is remembered");
        assert!(recent.is_new("one more", now) && recent.is_new("a", now));
        assert_eq!(recent.known.len(), REMEMBERED);
    }

    #[test]
    fn after_a_while_nothing_is_kept() {
        let (mut recent, start) = (Recent::default(), Instant::now());
        assert!(recent.is_new("a", start) && recent.is_new("b", start + LONG / 2));
        recent.forget(start + LONG);
        assert!(!recent.is_new("a", start + LONG));
        recent.forget(start + LONG + Duration::from_millis(1));
        assert!(recent.is_new("a", start + LONG) && !recent.is_new("b", start + LONG));
        recent.forget(start + LONG * 3);
        assert_eq!((recent.known.capacity(), recent.order.capacity()), (0, 0));
    }
}
