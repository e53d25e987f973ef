//! What a run came to.

use std::collections::BTreeMap;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many of what, for example `links`. Things of which there were none are left out.
    pub counts: BTreeMap<String, u64>,
    /// The time of a run was over before the work was: the next one should follow at once.
    pub more: bool,
}

impl Done {
    /// Adds to a count.
    pub(crate) fn count(&mut self, what: &str, number: impl Into<u64>) {
        let number = number.into();
        if number > 0 {
            *self.counts.entry(what.to_owned()).or_default() += number;
        }
    }

    /// The counts for a person: `3 links, 2 told`.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(what, number)| format!("{number} {what}")).collect();
        if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_what_was_done() {
        let mut done = Done::default();
        done.count("links", 0_u32);
        assert_eq!(done.summary(), "nothing to do");
        done.count("links", 2_u32);
        done.count("links", 1_u32);
        done.count("events", 1_u32);
        assert_eq!(done.summary(), "1 events, 3 links");
    }
}
