//! Characters that cannot be seen.
//!
//! | characters | rule |
//! |---|---|
//! | zero-width space, byte order mark, soft hyphen, fillers, blank Braille, … | invisible |
//! | bidirectional marks, embeddings, overrides and isolates | invisible |
//! | zero-width joiner | kept inside an emoji sequence, and after a virama before a letter |
//! | zero-width non-joiner | kept after a virama before a letter, and between letters that it keeps from joining |
//! | variation selector | kept where it changes a text symbol to an emoji or back, and after Mongolian letters |
//! | tag characters | kept in the flag of a region: black flag, tags, cancel tag |
//!
//! The joiner rules are those of IDNA (RFC 5892, appendix A.1 and A.2), tightened: a letter has to follow.
//! Control characters are not part of this rule; callers refuse them.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        Alphabetic, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, EmojiPresentation,
        ExtendedPictographic, JoiningType,
    },
};

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
const TEXT_PRESENTATION: char = '\u{fe0e}';
const EMOJI_PRESENTATION: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';

/// The position in bytes and the value of the first character that cannot be seen.
pub fn first(text: &str) -> Option<(usize, char)> {
    // Nothing in ASCII is invisible by this rule, and most text is ASCII.
    if text.is_ascii() {
        return None;
    }
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    (0..chars.len()).find(|&at| is_invisible(&chars, at)).map(|at| chars[at])
}

/// The text without the characters that cannot be seen.
///
/// Removing one can leave another without its reason to be there, so this repeats until nothing changes.
pub fn strip(text: &str) -> Cow<'_, str> {
    let mut stripped = Cow::Borrowed(text);
    while first(&stripped).is_some() {
        let chars: Vec<(usize, char)> = stripped.char_indices().collect();
        let visible = (0..chars.len()).filter(|&at| !is_invisible(&chars, at)).map(|at| chars[at].1);
        stripped = Cow::Owned(visible.collect());
    }
    stripped
}

fn is_invisible(chars: &[(usize, char)], at: usize) -> bool {
    let (before, rest) = chars.split_at(at);
    let before = before.iter().rev().map(|(_, c)| *c);
    let Some(((_, c), after)) = rest.split_first() else { return false };
    let mut after = after.iter().map(|(_, c)| *c);
    match *c {
        ZERO_WIDTH_JOINER => !joins(before, after),
        ZERO_WIDTH_NON_JOINER => !keeps_apart(before, after),
        EMOJI_PRESENTATION => !before.clone().next().is_some_and(|base| makes_emoji(base, after.next())),
        TEXT_PRESENTATION => !before.clone().next().is_some_and(set::<EmojiPresentation>),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => !before.clone().next().is_some_and(is_mongolian),
        '\u{180e}' => !(before.clone().next().is_some_and(is_mongolian) && after.next().is_some_and(is_mongolian)),
        '\u{e0020}'..=CANCEL_TAG => !is_region_flag(before, *c, after),
        other => is_always_invisible(other),
    }
}

fn is_always_invisible(c: char) -> bool {
    set::<DefaultIgnorableCodePoint>(c)
        || matches!(c,
            // Line and paragraph separator, blank Braille pattern, interlinear annotations.
            '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}'
            // Format controls of Egyptian hieroglyphs, null notehead.
            | '\u{13430}'..='\u{13440}' | '\u{1d159}')
}

/// Whether a zero-width joiner belongs here: in an emoji sequence, or as the half form of an Indic consonant.
fn joins(mut before: impl Iterator<Item = char>, mut after: impl Iterator<Item = char>) -> bool {
    let (Some(previous), Some(next)) = (before.next(), after.next()) else { return false };
    let emoji = matches!(previous, EMOJI_PRESENTATION | CANCEL_TAG)
        || set::<EmojiModifier>(previous)
        || set::<ExtendedPictographic>(previous);
    (emoji && set::<ExtendedPictographic>(next)) || (is_virama(previous) && set::<Alphabetic>(next))
}

/// Whether a zero-width non-joiner belongs here: after a virama, or between letters that would join without it.
fn keeps_apart(before: impl Iterator<Item = char>, mut after: impl Iterator<Item = char> + Clone) -> bool {
    let mut before = before.peekable();
    if before.peek().copied().is_some_and(is_virama) {
        return after.next().is_some_and(set::<Alphabetic>);
    }
    let joining = |mut chars: Box<dyn Iterator<Item = char> + '_>| {
        chars.by_ref().map(joining_type).find(|joining| *joining != JoiningType::Transparent)
    };
    let left = joining(Box::new(before));
    let right = joining(Box::new(after));
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Whether the emoji presentation selector changes `base`: a keycap, or a symbol that is text without it.
fn makes_emoji(base: char, next: Option<char>) -> bool {
    if base.is_ascii() {
        return matches!(base, '0'..='9' | '#' | '*') && next == Some(KEYCAP);
    }
    set::<Emoji>(base) && !set::<EmojiPresentation>(base)
}

/// Whether a tag character is part of a complete sequence that begins with a black flag.
fn is_region_flag(mut before: impl Iterator<Item = char>, c: char, mut after: impl Iterator<Item = char>) -> bool {
    let is_tag = |c: char| ('\u{e0020}'..CANCEL_TAG).contains(&c);
    let begins = before.find(|c| !is_tag(*c)) == Some(BLACK_FLAG);
    let ends = c == CANCEL_TAG || after.find(|c| !is_tag(*c)) == Some(CANCEL_TAG);
    begins && ends
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

fn is_mongolian(c: char) -> bool {
    ('\u{1820}'..='\u{18aa}').contains(&c)
}

fn joining_type(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

fn set<P: icu_properties::props::BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_found_and_stripped() {
        for text in [
            "\u{200b}",
            "\u{feff}a",
            "a\u{ad}b",
            "a\u{2060}b",
            "\u{2800}x",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}",
            "\u{34f}",
            "a\u{200e}",
            "a\u{200f}",
            "a\u{61c}",
            "a\u{202e}b",
            "a\u{2066}b\u{2069}",
            "a\u{2028}b",
            "\u{fff9}a",
            "a\u{e0041}",
            "\u{17b4}",
        ] {
            assert!(first(text).is_some(), "{text:?}");
            let stripped = strip(text);
            assert!(first(&stripped).is_none() && stripped.len() < text.len(), "{text:?}");
        }
        assert_eq!(strip("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(first("ä\u{200b}"), Some((2, '\u{200b}')));
    }

    #[test]
    fn texts_that_look_like_a_plain_word_are_that_word_once_stripped() {
        for text in [
            "spring",
            "spring\u{200d}",
            "spring\u{200c}",
            "spring\u{fe0f}",
            "\u{200d}spring",
            "spr\u{200c}ing",
            "spr\u{200d}ing",
            "spring\u{fe00}",
            "spring\u{e0100}",
            "s\u{180b}pring",
        ] {
            assert_eq!(strip(text), "spring", "{text:?}");
        }
    }

    #[test]
    fn what_a_script_or_an_emoji_needs_is_kept() {
        for text in [
            "Ada Lovelace",
            "Bjørn",
            "日本",
            "שלום",
            "مرحبا",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "क\u{94d}\u{200c}ष",
            "ශ\u{dca}\u{200d}රී",
            "👩\u{200d}💻",
            "👨\u{200d}👩\u{200d}👧",
            "🏳\u{fe0f}\u{200d}🌈",
            "👩🏽\u{200d}🚀",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "🇩🇪",
            "☎\u{fe0f}",
            "⌚\u{fe0e}",
            "ᠮᠣᠩᠭᠣᠯ\u{180b}",
            "e\u{301}",
        ] {
            assert_eq!(first(text), None, "{text:?}");
            assert_eq!(strip(text), text);
        }
    }

    #[test]
    fn joiners_and_selectors_without_a_use_are_invisible() {
        for text in [
            "👩\u{200d}",
            "\u{200d}💻",
            "a\u{200d}💻",
            "🚀\u{fe0f}",
            "1\u{fe0f}",
            "❤\u{fe0e}",
            "م\u{200c}",
            "\u{200c}م",
            "क\u{94d}\u{200d}",
            "🏴\u{e0067}\u{e0062}",
            "🇩🇪\u{e007f}",
            "ا\u{200c}ب",
        ] {
            assert!(first(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn a_joiner_that_loses_its_neighbour_goes_too() {
        // The tag after the emoji is stripped first; the joiner then has no emoji before it.
        assert_eq!(strip("x\u{200b}\u{200d}\u{200b}"), "x");
        assert_eq!(strip("🚀\u{fe0f}\u{200d}"), "🚀");
    }
}
