//! One pass over all that was found: the best, how many in all, and the facets.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use curtail_proto::links::v1::LinkState;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::fields::{DOMAIN, EXPIRES, ID, LASTING, STARTS, TAG};
use crate::cursor::Place;
use crate::state;

/// What is collected.
#[derive(Debug, Clone)]
pub struct Collect {
    /// The most hits.
    pub limit: usize,
    /// Only hits that rank below.
    pub after: Option<Place>,
    /// The time that states are meant for.
    pub now_us: i64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Collected {
    /// The best first.
    pub best: Vec<(Place, DocAddress)>,
    /// All that met the conditions.
    pub total: u64,
    pub tags: HashMap<String, u64>,
    pub states: HashMap<String, u64>,
    pub domains: HashMap<String, u64>,
}

impl Collector for Collect {
    type Fruit = Collected;
    type Child = Segment;

    fn for_segment(&self, ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Segment> {
        let fast = segment.fast_fields();
        Ok(Segment {
            asked: self.clone(),
            ordinal,
            id: fast.i64(ID)?,
            lasting: fast.i64(LASTING)?,
            starts: fast.i64(STARTS)?,
            expires: fast.i64(EXPIRES)?,
            tags: Counts::new(fast.str(TAG)?),
            domains: Counts::new(fast.str(DOMAIN)?),
            states: HashMap::new(),
            best: BinaryHeap::new(),
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Collected>) -> tantivy::Result<Collected> {
        let mut all = Collected::default();
        for segment in segments {
            all.best.extend(segment.best);
            all.total += segment.total;
            for (sum, counts) in
                [(&mut all.tags, segment.tags), (&mut all.states, segment.states), (&mut all.domains, segment.domains)]
            {
                for (value, count) in counts {
                    *sum.entry(value).or_default() += count;
                }
            }
        }
        all.best.sort_unstable_by(|a, b| a.0.rank(&b.0));
        all.best.truncate(self.limit);
        Ok(all)
    }
}

/// The pass over one segment.
pub struct Segment {
    asked: Collect,
    ordinal: SegmentOrdinal,
    id: Column<i64>,
    lasting: Column<i64>,
    starts: Column<i64>,
    expires: Column<i64>,
    tags: Counts,
    domains: Counts,
    states: HashMap<LinkState, u64>,
    /// The worst of the best on top, to be replaced first.
    best: BinaryHeap<Ranked>,
    total: u64,
}

impl SegmentCollector for Segment {
    type Fruit = Collected;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        self.tags.add(doc);
        self.domains.add(doc);
        let value = |column: &Column<i64>| column.first(doc).unwrap_or_default();
        let lasting = i32::try_from(value(&self.lasting)).ok().and_then(|state| LinkState::try_from(state).ok());
        let lasting = lasting.unwrap_or(LinkState::Unspecified);
        let state = state::at(lasting, value(&self.starts), value(&self.expires), self.asked.now_us);
        *self.states.entry(state).or_default() += 1;

        let place = Place { score, id: value(&self.id) };
        if self.asked.after.is_some_and(|after| after.rank(&place) != Ordering::Less) {
            return;
        }
        let full = self.best.len() == self.asked.limit;
        if full && self.best.peek().is_some_and(|worst| worst.place.rank(&place) == Ordering::Less) {
            return;
        }
        if full {
            self.best.pop();
        }
        self.best.push(Ranked { place, doc });
    }

    fn harvest(self) -> Collected {
        let address = |ranked: Ranked| (ranked.place, DocAddress::new(self.ordinal, ranked.doc));
        Collected {
            best: self.best.into_iter().map(address).collect(),
            total: self.total,
            tags: self.tags.by_value(),
            domains: self.domains.by_value(),
            states: self.states.into_iter().map(|(state, n)| (state::name(state).to_owned(), n)).collect(),
        }
    }
}

/// How often the values of a column were met, by their number in the segment's dictionary.
struct Counts {
    column: Option<StrColumn>,
    counts: HashMap<u64, u64>,
}

impl Counts {
    fn new(column: Option<StrColumn>) -> Self {
        Self { column, counts: HashMap::new() }
    }

    fn add(&mut self, doc: DocId) {
        if let Some(column) = &self.column {
            for value in column.term_ords(doc) {
                *self.counts.entry(value).or_default() += 1;
            }
        }
    }

    fn by_value(self) -> HashMap<String, u64> {
        let Some(column) = self.column else { return HashMap::new() };
        let named = |(number, count)| {
            let mut value = String::new();
            // A number that the dictionary does not have was never met.
            column.ord_to_str(number, &mut value).ok()?.then_some((value, count))
        };
        self.counts.into_iter().filter_map(named).collect()
    }
}

/// A hit that orders like its rank: the greatest is the worst.
struct Ranked {
    place: Place,
    doc: DocId,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.rank(&other.place)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}
