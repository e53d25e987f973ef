//! Texts with what is counted of each, of which only the most clicked matter.

use std::collections::HashMap;

/// Counts by text, in a bounded space: when there are too many texts, the half that was clicked less goes.
///
/// As long as there are at most `bound` different texts, nothing is left out. Beyond that a text that comes late or seldom
/// may be counted too low; those that are clicked much stay whole.
pub struct Busiest<T> {
    places: HashMap<Box<str>, usize>,
    counts: Vec<T>,
    bound: usize,
    clicks: fn(&T) -> u64,
    left_out: u64,
}

/// The texts that were clicked most, and the clicks of all others.
pub struct Top<T> {
    /// Most clicked first; of equally clicked ones the first in the alphabet.
    pub values: Vec<(Box<str>, T)>,
    /// Clicks of texts that are not among them.
    pub left_out: u64,
}

impl<T: Default> Busiest<T> {
    /// For up to `bound` texts, whose counts have so many `clicks`.
    pub fn new(bound: usize, clicks: fn(&T) -> u64) -> Self {
        Self { places: HashMap::new(), counts: Vec::new(), bound, clicks, left_out: 0 }
    }

    /// The counts of a text, new ones when it is new.
    pub fn of(&mut self, value: &str) -> &mut T {
        let place = match self.places.get(value) {
            Some(place) => *place,
            None => self.insert(value),
        };
        &mut self.counts[place]
    }

    /// Clicks of texts that no one knows.
    pub fn leave_out(&mut self, clicks: u64) {
        self.left_out += clicks;
    }

    /// The clicks of texts that were left out until now.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The `most` texts that were clicked most; nothing is left behind.
    pub fn take(&mut self, most: usize) -> Top<T> {
        let mut values = self.drain();
        let rest = values.split_off(values.len().min(most));
        let left_out =
            std::mem::take(&mut self.left_out) + rest.iter().map(|(_, counts)| (self.clicks)(counts)).sum::<u64>();
        Top { values, left_out }
    }

    fn insert(&mut self, value: &str) -> usize {
        if self.counts.len() >= self.bound {
            let mut kept = self.drain();
            for (_, counts) in kept.split_off(self.bound / 2) {
                self.left_out += (self.clicks)(&counts);
            }
            for (value, counts) in kept {
                self.places.insert(value, self.counts.len());
                self.counts.push(counts);
            }
        }
        self.places.insert(value.into(), self.counts.len());
        self.counts.push(T::default());
        self.counts.len() - 1
    }

    fn drain(&mut self) -> Vec<(Box<str>, T)> {
        let mut counts: Vec<Option<T>> = std::mem::take(&mut self.counts).into_iter().map(Some).collect();
        let places = std::mem::take(&mut self.places);
        let taken = places.into_iter().filter_map(|(value, place)| Some((value, counts[place].take()?)));
        let mut values: Vec<(Box<str>, T)> = taken.collect();
        values.sort_unstable_by(|(a, x), (b, y)| (self.clicks)(y).cmp(&(self.clicks)(x)).then_with(|| a.cmp(b)));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(bound: usize, values: &[&str]) -> Busiest<u64> {
        let mut busiest = Busiest::new(bound, |clicks| *clicks);
        values.iter().for_each(|value| *busiest.of(value) += 1);
        busiest
    }

    fn texts(top: &Top<u64>) -> Vec<(&str, u64)> {
        top.values.iter().map(|(value, clicks)| (value.as_ref(), *clicks)).collect()
    }

    #[test]
    fn the_most_clicked_come_first_and_the_rest_is_told() {
        let mut busiest = counted(10, &["b", "a", "c", "c", "d", "a", "c"]);
        let top = busiest.take(3);
        assert_eq!(texts(&top), [("c", 3), ("a", 2), ("b", 1)]);
        assert_eq!(top.left_out, 1);
        assert!(busiest.take(3).values.is_empty());
    }

    #[test]
    fn nothing_is_left_out_at_the_bound_and_half_goes_one_past() {
        let mut busiest = counted(4, &["a", "a", "b", "b", "c", "d"]);
        assert_eq!((busiest.take(9).values.len(), busiest.take(9).left_out), (4, 0));
        let mut busiest = counted(4, &["a", "a", "b", "b", "c", "d", "e"]);
        let top = busiest.take(9);
        assert_eq!(texts(&top), [("a", 2), ("b", 2), ("e", 1)]);
        assert_eq!(top.left_out, 2);
    }
}
