//! Adds up the clicks of a link, or of a workspace, in one day.

use super::packed::{DayValues, HourValues, Packed as _};
use crate::busiest::Busiest;
use crate::query::dimension::COLUMNS;

/// The most values of a dimension that a day keeps; clicks of others are known as a sum.
pub const MAX_VALUES: usize = 1_000;

/// The most values that it keeps hour by hour.
pub const MAX_HOUR_VALUES: usize = 100;

/// Values that are counted while a day is added up. With more of them, rare ones are dropped on the way.
const MAX_COUNTED: usize = 10 * MAX_VALUES;

const HOUR_MS: u32 = 3_600_000;

/// A click as far as it matters here.
pub struct Click<'a> {
    /// When, in milliseconds of its day.
    pub ms: u32,
    /// No bot.
    pub human: bool,
    /// 0 when no one knows.
    pub visitor: i64,
    /// The value of each of [`COLUMNS`].
    pub values: [&'a str; COLUMNS.len()],
}

/// What was counted of one link in one day. Clicks are added visitor by visitor, those of a visitor in the order of time: so
/// it takes no memory of visitors to tell how many there were.
pub struct Subject {
    dimensions: Vec<Busiest<Counts>>,
}

/// The packed columns of a subject, in the order of [`COLUMNS`].
pub struct Columns {
    /// [`DayValues`].
    pub days: Vec<Vec<u8>>,
    /// [`HourValues`].
    pub hours: Vec<Vec<u8>>,
}

impl Subject {
    /// Without clicks.
    pub fn new() -> Self {
        let empty = || Busiest::new(MAX_COUNTED, |counts: &Counts| counts.clicks);
        Self { dimensions: std::iter::repeat_with(empty).take(COLUMNS.len()).collect() }
    }

    /// Counts a click.
    pub fn add(&mut self, click: &Click<'_>) {
        for (dimension, value) in self.dimensions.iter_mut().zip(click.values) {
            dimension.of(value).add(click);
        }
    }

    /// Packs what was counted and begins again.
    pub fn take(&mut self) -> Columns {
        let (mut days, mut hours) = (Vec::new(), Vec::new());
        for dimension in &mut self.dimensions {
            let mut top = dimension.take(MAX_VALUES);
            top.values.iter_mut().for_each(|(_, counts)| counts.finish());
            days.push(day_values(&top.values, top.left_out).pack());
            let kept = &top.values[..top.values.len().min(MAX_HOUR_VALUES)];
            let left_out = top.left_out > 0 || kept.len() < top.values.len();
            hours.push(hour_values(kept, left_out).pack());
        }
        Columns { days, hours }
    }
}

impl Default for Subject {
    fn default() -> Self {
        Self::new()
    }
}

/// What is counted of one value.
#[derive(Default)]
struct Counts {
    clicks: u64,
    hours: Vec<Hour>,
    /// The visitor whose clicks are being added; 0 for none.
    visitor: i64,
    /// The hour of its latest click.
    latest: u32,
}

#[derive(Default)]
struct Hour {
    hour: u32,
    clicks: u64,
    humans: u64,
    uniques: u64,
    first: u64,
    last: u64,
    last_ms: u32,
}

impl Counts {
    fn add(&mut self, click: &Click<'_>) {
        self.clicks += 1;
        let hour = click.ms / HOUR_MS;
        let known = click.human && click.visitor != 0;
        let is_new = known && self.visitor != click.visitor;
        if is_new {
            self.finish();
            self.visitor = click.visitor;
        }
        let is_new_in_hour = is_new || known && self.latest != hour;
        if known {
            self.latest = hour;
        }
        let counts = self.hour(hour);
        counts.clicks += 1;
        counts.humans += u64::from(click.human);
        counts.first += u64::from(is_new);
        counts.uniques += u64::from(is_new_in_hour);
        counts.last_ms = counts.last_ms.max(click.ms);
    }

    /// Nothing more comes from the visitor.
    fn finish(&mut self) {
        if std::mem::take(&mut self.visitor) != 0 {
            self.hour(self.latest).last += 1;
        }
    }

    fn hour(&mut self, hour: u32) -> &mut Hour {
        let place = match self.hours.iter().position(|counts| counts.hour == hour) {
            Some(place) => place,
            None => {
                self.hours.push(Hour { hour, ..Hour::default() });
                self.hours.len() - 1
            }
        };
        &mut self.hours[place]
    }

    fn sum(&self, of: fn(&Hour) -> u64) -> u64 {
        self.hours.iter().map(of).sum()
    }
}

fn day_values(values: &[(Box<str>, Counts)], left_out: u64) -> DayValues {
    DayValues {
        values: values.iter().map(|(value, _)| value.to_string()).collect(),
        clicks: values.iter().map(|(_, counts)| counts.clicks).collect(),
        humans: values.iter().map(|(_, counts)| counts.sum(|hour| hour.humans)).collect(),
        uniques: values.iter().map(|(_, counts)| counts.sum(|hour| hour.first)).collect(),
        last_ms: values
            .iter()
            .map(|(_, counts)| counts.hours.iter().map(|hour| hour.last_ms).max().unwrap_or_default())
            .collect(),
        left_out,
    }
}

fn hour_values(values: &[(Box<str>, Counts)], left_out: bool) -> HourValues {
    let mut packed = HourValues { left_out, ..HourValues::default() };
    for (value, counts) in values {
        packed.values.push(value.to_string());
        packed.lengths.push(counts.hours.len() as u32);
        let mut hours: Vec<&Hour> = counts.hours.iter().collect();
        hours.sort_unstable_by_key(|hour| hour.hour);
        for hour in hours {
            packed.hours.push(hour.hour);
            packed.clicks.push(hour.clicks);
            packed.humans.push(hour.humans);
            packed.uniques.push(hour.uniques);
            packed.first.push(hour.first);
            packed.last.push(hour.last);
            packed.last_ms.push(hour.last_ms);
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(hour: u32, visitor: i64, human: bool, value: &str) -> Click<'_> {
        Click { ms: hour * HOUR_MS + 5, human, visitor, values: [value; COLUMNS.len()] }
    }

    fn packed(clicks: &[Click<'_>]) -> (DayValues, HourValues) {
        let mut subject = Subject::new();
        clicks.iter().for_each(|click| subject.add(click));
        let packed = subject.take();
        (DayValues::unpack(&packed.days[0]).unwrap(), HourValues::unpack(&packed.hours[0]).unwrap())
    }

    #[test]
    fn visitors_count_once_a_day_once_an_hour_at_their_first_and_at_their_last_click() {
        let clicks = [
            click(1, 7, true, "a"),
            click(1, 7, true, "a"),
            click(5, 7, true, "a"),
            click(5, 7, true, "b"),
            click(5, 8, true, "a"),
            // Bots and people who are not told apart are no visitors.
            click(5, 9, false, "a"),
            click(6, 0, true, "a"),
        ];
        let (days, hours) = packed(&clicks);
        assert_eq!((&*days.values[0], &*days.values[1], days.left_out), ("a", "b", 0));
        assert_eq!((&*days.clicks, &*days.humans, &*days.uniques), (&[6, 1][..], &[5, 1][..], &[2, 1][..]));
        assert_eq!(days.last_ms, [6 * HOUR_MS + 5, 5 * HOUR_MS + 5]);
        assert_eq!((hours.lengths, hours.hours, hours.left_out), (vec![3, 1], vec![1, 5, 6, 5], false));
        assert_eq!((hours.clicks, hours.humans), (vec![2, 3, 1, 1], vec![2, 2, 1, 1]));
        assert_eq!((hours.uniques, hours.first, hours.last), (vec![1, 2, 0, 1], vec![1, 1, 0, 1], vec![0, 2, 0, 1]));
    }

    #[test]
    fn as_many_values_are_kept_as_is_said_and_the_rest_is_a_sum() {
        let texts: Vec<String> = (0..=MAX_VALUES).map(|n| n.to_string()).collect();
        let all = |count: usize| packed(&texts[..count].iter().map(|text| click(1, 1, true, text)).collect::<Vec<_>>());
        let (days, hours) = all(MAX_VALUES);
        assert_eq!((days.values.len(), days.left_out), (MAX_VALUES, 0));
        assert_eq!((hours.values.len(), hours.left_out), (MAX_HOUR_VALUES, true));
        let (days, _) = all(MAX_VALUES + 1);
        assert_eq!((days.values.len(), days.left_out), (MAX_VALUES, 1));
        assert!(!all(MAX_HOUR_VALUES).1.left_out && all(MAX_HOUR_VALUES + 1).1.left_out);
    }
}
