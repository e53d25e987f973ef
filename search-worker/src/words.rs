//! Words: how text is split and folded, for links and for queries alike.
//!
//! - A word is a run of letters and digits in lower case without accents (`Größe` is `grosse`).
//! - Scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are split into pairs of characters that overlap, so a
//!   word is found inside a sentence without a dictionary. The index also has their single characters.
//! - An emoji or another symbol is a word of its own.
//!
//! Both engines index these words as they are, so they and the highlights agree on what a word is. Rejected: dictionaries
//! (`lindera`), since they add tens of megabytes and miss names.

use std::ops::Range;

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RawTokenizer, TextAnalyzer, TokenStream as _};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Longer words (in characters) are not indexed: they are keys and hashes that no one types.
pub const LONGEST: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded.
    pub text: String,
    /// Where it stands, in bytes.
    pub place: Range<usize>,
}

/// The class of a character; a run of one class is split in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Spaced,
    Unspaced,
    Symbol,
    Separator,
}

impl From<char> for Class {
    fn from(c: char) -> Self {
        match u32::from(c) {
            // Skin tones only modify the emoji before them.
            0x1F3FB..=0x1F3FF => Self::Separator,
            0x2190..=0x2BFF | 0x1F000..=0x1FAFF if !c.is_alphanumeric() => Self::Symbol,
            _ if !c.is_alphanumeric() => Self::Separator,
            0x0E00..=0x0EFF
            | 0x1000..=0x109F
            | 0x1780..=0x17FF
            | 0x2E80..=0x2FDF
            | 0x3005..=0x3007
            | 0x3040..=0x30FF
            | 0x31F0..=0x31FF
            | 0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0xFF66..=0xFF9D
            | 0x20000..=0x3FFFF => Self::Unspaced,
            _ => Self::Spaced,
        }
    }
}

/// The runs of a text that are not separators.
fn runs(text: &str) -> Vec<(Class, Range<usize>)> {
    let mut runs: Vec<(Class, Range<usize>)> = Vec::new();
    for (start, c) in text.char_indices() {
        let (class, end) = (Class::from(c), start + c.len_utf8());
        match runs.last_mut() {
            _ if class == Class::Separator => {}
            Some((last, place)) if *last == class && place.end == start && class != Class::Symbol => place.end = end,
            _ => runs.push((class, start..end)),
        }
    }
    runs
}

/// The words of a text in its order.
pub fn of(text: &str) -> Vec<Word> {
    let mut analyzer =
        TextAnalyzer::builder(RawTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
    let mut fold = |place: Range<usize>| {
        let mut stream = analyzer.token_stream(&text[place.clone()]);
        stream.next().map(|token| Word { text: token.text.clone(), place })
    };
    let mut words = Vec::new();
    for (class, place) in runs(text) {
        match class {
            Class::Unspaced => words.extend(pairs(text, place).into_iter().filter_map(&mut fold)),
            _ => words.extend(fold(place)),
        }
    }
    words
}

/// The overlapping pairs of characters of a run; the run itself if it is shorter.
fn pairs(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let mut ends: Vec<usize> = text[run.clone()].char_indices().map(|(start, _)| run.start + start).collect();
    ends.push(run.end);
    if ends.len() <= 3 {
        return vec![run];
    }
    ends.windows(3).map(|place| place[0]..place[2]).collect()
}

/// The number of words that a person would count in a query: a run of a script without spaces is one.
pub fn count(text: &str) -> usize {
    runs(text).len()
}

/// The different words of a text that are worth an entry in the index, with the single characters of unspaced scripts.
pub fn distinct(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        of(text).into_iter().map(|word| word.text).filter(|word| word.chars().count() <= LONGEST).collect();
    for (_, place) in runs(text).into_iter().filter(|(class, _)| *class == Class::Unspaced) {
        words.extend(text[place].chars().map(String::from));
    }
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

    fn texts(text: &str) -> Vec<String> {
        of(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn scripts_without_spaces_are_split_into_pairs() {
        assert_eq!(texts("検索"), ["検索"]);
        assert_eq!(texts("iPhone検索エンジン 京"), ["iphone", "検索", "索エ", "エン", "ンジ", "ジン", "京"]);
        let indexed = distinct("北京旅游指南");
        assert!(["旅游", "京旅", "北", "南"].iter().all(|word| indexed.contains(&(*word).to_owned())), "{indexed:?}");
        assert!(texts("ไทย").len() == 2 && texts("한국 여행") == ["한국", "여행"]);
        let word = &of("新しい検索")[3];
        assert_eq!(&"新しい検索"[word.place.clone()], "検索");
    }

    #[test]
    fn symbols_are_words_and_punctuation_is_not() {
        assert_eq!(texts("🍊!! 👍🏽 a★b"), ["🍊", "👍", "a", "★", "b"]);
        assert!(texts("!!! --- ~+/").is_empty());
        assert_eq!(count("検索エンジン with 🍊"), 3);
    }

    #[test]
    fn typos_by_length() {
        assert_eq!(["abc", "abcd", "abcdefg", "abcdefgh"].map(typos), [0, 1, 1, 2]);
    }
}
