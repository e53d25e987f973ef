//! What the visitors know, against what was counted.

use std::collections::{BTreeMap, HashMap};

/// A request of a visitor.
#[derive(Clone, Copy, Debug)]
pub struct Click {
    /// Its own number, which it carries as `utm_content`.
    pub number: u64,
    /// The link it was for.
    pub link: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a visitor saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 302: it must be counted, once.
    Redirected,
    /// Another status: it must not be counted.
    Refused(u16),
    /// The connection broke: it may be counted, once.
    Unanswered,
}

/// All requests by their number.
pub struct Ledger {
    clicks: HashMap<u64, Click>,
}

/// How requests and raw rows compare.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Requests that the redirector served: those answered with a redirect, and those recorded whose answer was cut off.
    pub served: u64,
    /// Raw rows.
    pub counted: u64,
    /// Redirects without a row.
    pub lost: u64,
    /// Rows beyond the first of a request.
    pub doubled: u64,
    /// Rows of requests that were refused, never made, or made for another link.
    pub invented: u64,
    /// Recorded requests whose answer was cut off.
    pub cut_off: u64,
}

impl Ledger {
    pub fn new(clicks: impl Iterator<Item = Click>) -> Self {
        Self { clicks: clicks.map(|click| (click.number, click)).collect() }
    }

    /// How many requests had this outcome.
    pub fn count(&self, of: impl Fn(Outcome) -> bool) -> u64 {
        self.clicks.values().filter(|click| of(click.outcome)).count() as u64
    }

    /// The requests that were not redirected, in their order.
    pub fn not_redirected(&self) -> Vec<Click> {
        let mut clicks: Vec<Click> =
            self.clicks.values().filter(|click| click.outcome != Outcome::Redirected).copied().collect();
        clicks.sort_unstable_by_key(|click| click.number);
        clicks
    }

    /// Redirects of each link.
    pub fn redirects(&self) -> BTreeMap<i64, i64> {
        let mut counts = BTreeMap::new();
        for click in self.clicks.values().filter(|click| click.outcome == Outcome::Redirected) {
            *counts.entry(click.link).or_default() += 1;
        }
        counts
    }

    /// Compares with raw rows: the link and the number each carries.
    pub fn compare(&self, rows: &[(i64, Option<String>)]) -> Comparison {
        let mut comparison = Comparison { counted: rows.len() as u64, ..Comparison::default() };
        let mut seen: HashMap<u64, u64> = HashMap::new();
        for (link, number) in rows {
            let number = number.as_ref().and_then(|number| number.parse().ok());
            let click = number.and_then(|number| self.clicks.get(&number));
            match click.filter(|click| click.link == *link && !matches!(click.outcome, Outcome::Refused(_))) {
                Some(click) => *seen.entry(click.number).or_default() += 1,
                None => comparison.invented += 1,
            }
        }
        comparison.doubled = seen.values().map(|times| times - 1).sum();
        for click in self.clicks.values() {
            match (click.outcome, seen.contains_key(&click.number)) {
                (Outcome::Redirected, true) => comparison.served += 1,
                (Outcome::Redirected, false) => {
                    comparison.served += 1;
                    comparison.lost += 1;
                }
                (Outcome::Unanswered, true) => {
                    comparison.served += 1;
                    comparison.cut_off += 1;
                }
                (Outcome::Unanswered, false) | (Outcome::Refused(_), _) => {}
            }
        }
        comparison
    }
}

/// Rows of each link.
pub fn by_link(rows: &[(i64, Option<String>)]) -> BTreeMap<i64, i64> {
    let mut counts = BTreeMap::new();
    for (link, _) in rows {
        *counts.entry(*link).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(link: i64, number: u64) -> (i64, Option<String>) {
        (link, Some(number.to_string()))
    }

    #[test]
    fn each_kind_of_difference_is_told() {
        let outcomes = [
            Outcome::Redirected,
            Outcome::Redirected,
            Outcome::Refused(503),
            Outcome::Unanswered,
            Outcome::Unanswered,
            Outcome::Redirected,
        ];
        let clicks = (0..).zip(outcomes).map(|(number, outcome)| Click { number, link: 1, outcome });
        let ledger = Ledger::new(clicks);
        let good = ledger.compare(&[row(1, 0), row(1, 1), row(1, 3), row(1, 5)]);
        assert_eq!(good, Comparison { served: 4, counted: 4, cut_off: 1, ..Comparison::default() });
        let rows = [row(1, 0), row(1, 0), row(2, 1), row(1, 2), row(1, 3), row(1, 3), (1, None)];
        let bad = ledger.compare(&rows);
        assert_eq!(bad, Comparison { served: 4, counted: 7, lost: 2, doubled: 2, invented: 3, cut_off: 1 });
        assert_eq!(by_link(&rows), BTreeMap::from([(1, 6), (2, 1)]));
    }
}
