//! Whether a word is near to one that was asked for.

use std::sync::{Arc, LazyLock};

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};

use crate::words::typos;

/// Making a builder takes long, using it does not. Two letters that changed places are one typo.
static BUILDERS: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [1, 2].map(|typos| LevenshteinAutomatonBuilder::new(typos, true)));

/// The words within `typos` (1 or 2) of `word`.
pub fn within(word: &str, typos: u8) -> Arc<DFA> {
    Arc::new(BUILDERS[usize::from(typos.clamp(1, 2) - 1)].build_dfa(word))
}

/// A word of a question, to be held against words of a text.
pub struct Wanted {
    word: String,
    is_prefix: bool,
    near: Option<Arc<DFA>>,
}

impl Wanted {
    /// Each word of a question; the last one may be the beginning of a word.
    pub fn all(words: &[String]) -> Vec<Self> {
        let wanted = |(n, word): (usize, &String)| Self {
            word: word.clone(),
            is_prefix: n + 1 == words.len(),
            near: Some(typos(word)).filter(|typos| *typos > 0).map(|typos| within(word, typos)),
        };
        words.iter().enumerate().map(wanted).collect()
    }

    /// Whether a folded word of a text is what was asked for.
    pub fn fits(&self, word: &str) -> bool {
        word == self.word
            || (self.is_prefix && word.starts_with(&self.word))
            || self.near.as_ref().is_some_and(|near| matches!(near.eval(word), Distance::Exact(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(asked: &str, found: &str) -> bool {
        let words = [asked.to_owned(), "x".to_owned()];
        Wanted::all(&words)[0].fits(found)
    }

    #[test]
    fn typos_are_counted_at_their_bounds() {
        for (asked, found) in [
            ("abc", "abc"),
            ("sprng", "spring"),
            ("srping", "spring"),
            ("springg", "spring"),
            ("anouncemnt", "announcement"),
        ] {
            assert!(fits(asked, found), "{asked} {found}");
        }
        for (asked, found) in [("abd", "abc"), ("sprg", "spring"), ("anouncmnt", "announcement"), ("spri", "spring")] {
            assert!(!fits(asked, found), "{asked} {found}");
        }
    }

    #[test]
    fn only_the_last_word_is_a_prefix() {
        let words = ["sp".to_owned(), "sa".to_owned()];
        let wanted = Wanted::all(&words);
        assert!(!wanted[0].fits("spring") && wanted[1].fits("sale"));
    }
}
