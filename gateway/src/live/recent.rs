//! Which clicks were told already. Two streams overlap while one takes the place of the other.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use proto::analytics::v1::LiveClick;

/// Clicks that are remembered: those of many overlaps at the default rate.
const REMEMBERED: usize = 4096;

/// The ids of the last clicks.
#[derive(Debug, Default)]
pub(super) struct Recent {
    known: HashSet<Arc<str>>,
    order: VecDeque<Arc<str>>,
}

impl Recent {
    /// Keeps those of `clicks` that were not seen before.
    pub(super) fn keep_new(&mut self, clicks: &mut Vec<LiveClick>) {
        clicks.retain(|click| self.is_new(&click.id));
    }

    fn is_new(&mut self, id: &str) -> bool {
        if self.known.contains(id) {
            return false;
        }
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        let id: Arc<str> = id.into();
        self.known.insert(id.clone());
        self.order.push_back(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_new_once_and_old_ones_are_forgotten() {
        let mut recent = Recent::default();
        assert!(recent.is_new("a") && !recent.is_new("a"));
        for n in 0..REMEMBERED - 1 {
            assert!(recent.is_new(&n.to_string()));
        }
        assert!(!recent.is_new("a"), "just within what is remembered");
        assert!(recent.is_new("one more") && recent.is_new("a"));
        assert_eq!(recent.known.len(), REMEMBERED);
    }
}
