//! What is asked of an index.

use curtail_proto::links::v1::LinkState;

use crate::cursor::Place;
use crate::part::Texts;

/// A question about the links of one workspace. All conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Whose links.
    pub workspace: i64,
    /// Folded words, each of which a link must have somewhere. The last one may be the beginning of a word.
    pub words: Vec<String>,
    /// Tags in the form of [`crate::entry::tag_key`]; a link must carry all of them.
    pub tags: Vec<String>,
    /// A link must be in one of them; empty: in any.
    pub states: Vec<LinkState>,
    /// The short domain; empty: any.
    pub domain: String,
    /// The most hits.
    pub limit: usize,
    /// Only hits that rank below.
    pub after: Option<Place>,
    /// The time that states are meant for, in microseconds since 1970.
    pub now_us: i64,
}

/// What an index answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The best first; equally good ones by age, the youngest first.
    pub hits: Vec<Hit>,
    /// Whether there are more below.
    pub has_more: bool,
    /// All that meet the conditions, on all pages.
    pub total: u64,
    /// How many of those carry which value, the most frequent first within each kind.
    pub facets: Vec<Facet>,
}

/// A link that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The link and how good it is.
    pub place: Place,
    /// Its text at the time it was indexed.
    pub texts: Texts,
}

/// How many links carry a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// [`TAG`], [`STATE`] or [`DOMAIN`].
    pub kind: &'static str,
    /// The tag, state or domain.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// The facet of tags.
pub const TAG: &str = "tag";
/// The facet of states.
pub const STATE: &str = "state";
/// The facet of domains.
pub const DOMAIN: &str = "domain";

/// The most values of one kind of facet.
pub const FACET_VALUES: usize = 50;

/// Facets in their order: by count, then by value, and not more than [`FACET_VALUES`].
pub fn facets(kind: &'static str, counts: impl IntoIterator<Item = (String, u64)>) -> Vec<Facet> {
    let mut facets: Vec<Facet> = counts.into_iter().map(|(value, count)| Facet { kind, value, count }).collect();
    facets.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    facets.truncate(FACET_VALUES);
    facets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_fifty_come_first() {
        let values = facets(TAG, (0..51_u64).map(|n| (format!("t{n:02}"), n / 2)));
        assert_eq!(values.len(), FACET_VALUES);
        assert_eq!((values[0].value.as_str(), values[1].value.as_str()), ("t50", "t48"), "equal counts: by name");
    }
}
