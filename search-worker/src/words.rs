//! Words: how text is cut and folded, for links and for questions alike.
//!
//! A word is a run of letters and digits in lower case with accents taken off (`Größe` is `grosse`), so that both engines and the
//! highlights agree on what a word is.

use std::ops::Range;

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer, TokenStream as _};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Longer words (in characters) are not indexed: they are keys and hashes that nobody types.
pub const LONGEST: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded.
    pub text: String,
    /// Where it stands, in bytes.
    pub place: Range<usize>,
}

/// The words of a text in its order.
pub fn of(text: &str) -> Vec<Word> {
    let mut analyzer =
        TextAnalyzer::builder(SimpleTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
    let mut stream = analyzer.token_stream(text);
    let mut words = Vec::new();
    while let Some(token) = stream.next() {
        words.push(Word { text: token.text.clone(), place: token.offset_from..token.offset_to });
    }
    words
}

/// The different words of a text that are worth an entry in the index.
pub fn distinct(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        of(text).into_iter().map(|word| word.text).filter(|word| word.chars().count() <= LONGEST).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The composed form: an accent that stands apart from its letter would end the word.
pub fn compose(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

/// How many typos a word of a question may have: none below 4 letters, one below 8, else two. A typo is a letter too many, too
/// few, another one, or two that changed places.
pub fn typos(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_keep_their_place() {
        let words = of("Größe: Ünïcode-42!");
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["grosse", "unicode", "42"]);
        assert_eq!(&"Größe: Ünïcode-42!"[words[1].place.clone()], "Ünïcode");
    }

    #[test]
    fn an_accent_apart_from_its_letter_is_composed() {
        assert_eq!(distinct(&compose("cafe\u{301}".to_owned())), ["cafe"]);
    }

    #[test]
    fn words_of_64_characters_and_one_more() {
        assert_eq!(distinct(&"é".repeat(LONGEST)).len(), 1);
        assert!(distinct(&"é".repeat(LONGEST + 1)).is_empty());
    }

    #[test]
    fn typos_by_length() {
        assert_eq!(["abc", "abcd", "abcdefg", "abcdefgh"].map(typos), [0, 1, 1, 2]);
    }
}
