//! Totals and series of the clicks that pass one filter: folded days from their rows, all else from the raw clicks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range as Span;

use curtail_proto::analytics::v1::Totals;
use curtail_proto::timestamp;
use curtail_rpc::Error;
use sqlx::postgres::PgConnection;

use super::filter::Filter;
use super::folded::{self, Folded};
use super::parts::{DAY_MS, Part, Source, join, split};
use super::range::Range;
use super::raw::Selection;
use super::rollups::Answer;
use super::scope::Scope;
use super::tally::{add, instant};
use crate::fold::packed::{DayValues, HourValues};

/// The clicks of a scope that have one of some values.
pub struct Filtered<'a> {
    /// Whose.
    pub scope: &'a Scope,
    /// Which.
    pub filter: &'a Filter,
    /// What is folded.
    pub folded: &'a Folded,
    /// Since when there are raw clicks.
    pub raw_ms: i64,
}

impl Filtered<'_> {
    /// Adds up the clicks of a range, whole and for each bucket that begins at one of `starts`.
    pub async fn answer(&self, connection: &mut PgConnection, range: Range, starts: &[i64]) -> Result<Answer, Error> {
        let totals = self.sums(&mut *connection, range, &[range.from_ms]).await?;
        let series = if starts.is_empty() { Vec::new() } else { self.sums(connection, range, starts).await? };
        Ok(Answer { totals: totals.into_iter().next().unwrap_or_default(), series })
    }

    /// The sums of the buckets that begin at `starts`, of which the first is not after the range's.
    async fn sums(&self, connection: &mut PgConnection, range: Range, starts: &[i64]) -> Result<Vec<Totals>, Error> {
        let parts = split(range, starts);
        let mut found = Found { sums: vec![Totals::default(); parts.len()], raw: BTreeSet::new() };
        let (days, hours) = self.sources(&parts, &mut found);
        self.read_days(connection, &days, &mut found).await?;
        self.read_hours(connection, &hours, &mut found).await?;

        let mut sums = vec![Totals::default(); starts.len()];
        // Where there are no raw clicks any more, what is folded is all that is known.
        found.raw.retain(|&part| parts[part].range.until_ms > self.raw_ms);
        for (part, sum) in found.sums.iter().enumerate().filter(|(part, _)| !found.raw.contains(part)) {
            let bucket = starts.partition_point(|start| *start <= parts[part].range.from_ms);
            if let Some(total) = bucket.checked_sub(1).and_then(|bucket| sums.get_mut(bucket)) {
                add(total, sum);
            }
        }
        for range in join(found.raw.iter().map(|&part| parts[part])) {
            let selection = Selection { scope: self.scope, range, filters: std::slice::from_ref(self.filter) };
            let raw = selection.sums(&mut *connection, starts).await?;
            sums.iter_mut().zip(&raw).for_each(|(total, sum)| add(total, sum));
        }
        Ok(sums)
    }

    /// Which part is answered from the row of which day, and which from which of its hours; the others need raw clicks.
    fn sources(&self, parts: &[Part], found: &mut Found) -> (Days, Hours) {
        let (mut days, mut hours) = (Days::new(), Hours::new());
        for (place, part) in parts.iter().enumerate() {
            match part.source() {
                Source::Day if self.folded.has(part.day) => {
                    days.insert(part.day, place);
                }
                Source::Hours(span) if self.folded.has(part.day) => {
                    hours.entry(part.day).or_default().push((place, span));
                }
                _ => {
                    found.raw.insert(place);
                }
            }
        }
        (days, hours)
    }

    async fn read_days(&self, connection: &mut PgConnection, days: &Days, found: &mut Found) -> Result<(), Error> {
        let wanted = days.keys().copied().collect();
        let take = |day, packed: DayValues| {
            let Some(&part) = days.get(&day) else { return };
            let mut known = 0;
            for (place, _) in self.places(&packed.values) {
                known += 1;
                let last = Some(timestamp(instant(day * DAY_MS + i64::from(packed.last_ms[place]))));
                let (clicks, humans) = (packed.clicks[place].cast_signed(), packed.humans[place].cast_signed());
                let uniques = packed.uniques[place].cast_signed();
                let sum = Totals { clicks, humans, bots: clicks - humans, uniques, last_click_at: last };
                add(&mut found.sums[part], &sum);
            }
            found.check(part, packed.left_out > 0 && known < self.wanted().len());
        };
        folded::read(connection, self.scope, self.filter.dimension, &wanted, take).await
    }

    async fn read_hours(&self, connection: &mut PgConnection, hours: &Hours, found: &mut Found) -> Result<(), Error> {
        let wanted = hours.keys().copied().collect();
        let take = |day, packed: HourValues| {
            let mut known = 0;
            for (place, _) in self.places(&packed.values) {
                known += 1;
                let first = packed.lengths[..place].iter().sum::<u32>() as usize;
                let of_value = first..first + packed.lengths[place] as usize;
                for (part, span) in hours.get(&day).into_iter().flatten() {
                    add(&mut found.sums[*part], &hours_of(&packed, of_value.clone(), span, day));
                }
            }
            let is_short = packed.left_out && known < self.wanted().len();
            hours.get(&day).into_iter().flatten().for_each(|(part, _)| found.check(*part, is_short));
        };
        folded::read(connection, self.scope, self.filter.dimension, &wanted, take).await
    }

    fn wanted(&self) -> BTreeSet<&str> {
        self.filter.values.iter().map(String::as_str).collect()
    }

    /// Where the values of the filter are among those that are packed.
    fn places<'a>(&self, values: &'a [String]) -> impl Iterator<Item = (usize, &'a String)> {
        values.iter().enumerate().filter(|(_, value)| self.filter.values.contains(value))
    }
}

/// The part that a day answers.
type Days = BTreeMap<i64, usize>;

/// The parts that a day answers, and the hours of each.
type Hours = BTreeMap<i64, Vec<(usize, Span<u32>)>>;

/// What the folded days say.
struct Found {
    /// Of each part.
    sums: Vec<Totals>,
    /// Parts that need the raw clicks.
    raw: BTreeSet<usize>,
}

impl Found {
    /// A value that is not there may be among those that the day does not keep.
    fn check(&mut self, part: usize, is_short: bool) {
        if is_short {
            self.raw.insert(part);
        }
    }
}

/// The sum of some hours of a value, whose entries are at `of_value`.
fn hours_of(packed: &HourValues, of_value: Span<usize>, span: &Span<u32>, day: i64) -> Totals {
    let uniques = match span.len() {
        1 => &packed.uniques,
        _ if span.start == 0 => &packed.first,
        _ => &packed.last,
    };
    let mut sum = Totals::default();
    for entry in of_value.filter(|&entry| span.contains(&packed.hours[entry])) {
        let (clicks, humans) = (packed.clicks[entry].cast_signed(), packed.humans[entry].cast_signed());
        let last = Some(timestamp(instant(day * DAY_MS + i64::from(packed.last_ms[entry]))));
        let uniques = uniques[entry].cast_signed();
        add(&mut sum, &Totals { clicks, humans, bots: clicks - humans, uniques, last_click_at: last });
    }
    sum
}
