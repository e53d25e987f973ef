//! The entries in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, UnitWeighter};
use std::hash::BuildHasher as _;

use super::freshness::Age;
use super::{Key, KeyRef};
use crate::links::Entry;

/// How many counters of events there are; keys that share one only cost a second question now and then.
const STRIPES: usize = 1024;

/// An entry with its age.
#[derive(Debug)]
pub struct CachedLink {
    /// What is known.
    pub entry: Entry,
    pub(super) age: Age,
}

/// The entries of this process: bounded, and safe against scans.
pub struct Local {
    entries: Cache<Key, Arc<CachedLink>, UnitWeighter, DefaultHashBuilder, CountEvictions>,
    /// How many events there were for the keys of each stripe. A refill looks before and after it asks: when the counter
    /// moved, its answer may be older than the event, and the event's entry may be evicted already.
    events: Vec<AtomicU64>,
    hasher: DefaultHashBuilder,
}

impl Local {
    /// For at most `entries` codes.
    pub fn new(entries: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        let options = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(entries as u64)
            .build()
            .expect("both capacities are set");
        let evictions = CountEvictions(metrics::counter!("redirector_cache_evictions_total"));
        Self {
            entries: Cache::with_options(options, UnitWeighter, hasher.clone(), evictions),
            events: std::iter::repeat_with(AtomicU64::default).take(STRIPES).collect(),
            hasher,
        }
    }

    /// The entry of a code.
    pub fn get(&self, key: KeyRef<'_>) -> Option<Arc<CachedLink>> {
        self.entries.get(&key)
    }

    /// Puts `cached` in unless a newer version is there; gives what is there then. The same version, learned again, takes
    /// over the new age and keeps what was found out about it here.
    pub fn offer(&self, key: &Key, cached: CachedLink) -> Arc<CachedLink> {
        let cached = Arc::new(cached);
        let placed = self.entries.entry(key, None, |_, present| {
            if present.entry.version == cached.entry.version {
                let (old, new) = (&present.age, &cached.age);
                old.checked_ms.fetch_max(new.checked_ms.load(Ordering::Relaxed), Ordering::Relaxed);
                old.ttl_ms.store(new.ttl_ms.load(Ordering::Relaxed), Ordering::Relaxed);
            } else if present.entry.version < cached.entry.version {
                *present = cached.clone();
            }
            EntryAction::Retain(present.clone())
        });
        match placed {
            EntryResult::Retained(present) => present,
            EntryResult::Vacant(guard) => {
                // It fails only if another thread filled the place, which is as good.
                let _ = guard.insert(cached.clone());
                cached
            }
            // Without a timeout, and with a closure that retains, there is no other outcome.
            _ => cached,
        }
    }

    /// An event for this key is being dealt with.
    pub fn note_event(&self, key: &Key) {
        self.stripe(key).fetch_add(1, Ordering::SeqCst);
    }

    /// How many events there were for this key, and for some others.
    pub fn events(&self, key: &Key) -> u64 {
        self.stripe(key).load(Ordering::SeqCst)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn stripe(&self, key: &Key) -> &AtomicU64 {
        &self.events[self.hasher.hash_one(key) as usize % STRIPES]
    }
}

/// Counts what has to leave for lack of room.
#[derive(Clone)]
struct CountEvictions(metrics::Counter);

impl Lifecycle<Key, Arc<CachedLink>> for CountEvictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: Key, _: Arc<CachedLink>) {
        self.0.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::links::v1::Target;

    use super::*;
    use crate::cache::DomainId;

    fn version(version: i64) -> CachedLink {
        let url = "https://a.example/".to_owned();
        CachedLink {
            entry: Entry::from_target(&Target { version, url, ..Target::default() }),
            age: Age::new(version as u64, 10),
        }
    }

    fn key(code: &str) -> Key {
        KeyRef { domain: DomainId(0), code }.to_key()
    }

    #[test]
    fn an_older_version_never_replaces_a_newer_one() {
        let local = Local::new(100);
        for (offered, expected) in [(2, 2), (1, 2), (3, 3), (2, 3)] {
            assert_eq!(local.offer(&key("a"), version(offered)).entry.version, expected);
            assert_eq!(local.get(key("a").as_ref()).unwrap().entry.version, expected);
        }
        let unknown = CachedLink { entry: Entry::unknown(), age: Age::new(9, 10) };
        assert_eq!(local.offer(&key("a"), unknown).entry.version, 3, "nor does the answer that it never existed");
    }

    #[test]
    fn the_same_version_learned_again_is_the_same_entry_with_a_new_age() {
        let local = Local::new(100);
        let first = local.offer(&key("a"), version(2));
        let again = local.offer(&key("a"), CachedLink { age: Age::new(50, 70), ..version(2) });
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(first.age.checked_ms.load(Ordering::Relaxed), 50);
        assert_eq!(first.age.ttl_ms.load(Ordering::Relaxed), 70);
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let local = Local::new(100);
        for n in 0..1000 {
            local.offer(&key(&n.to_string()), version(1));
        }
        assert!(local.len() <= 128, "{}", local.len());
    }
}
