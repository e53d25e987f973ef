//! One form for passwords.
//!
//! The same password arrives as different bytes from different keyboards: `é` as one code point or as two, a space as
//! U+0020 or as U+00A0. Both get the form of PRECIS `OpaqueString` (RFC 8265, section 4.2): other spaces become U+0020, then
//! Unicode normalization form C.
//!
//! Rejected: the profile's list of disallowed code points. It refuses emoji with joiners and characters newer than the
//! tables, and a password may be any text.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The form of `text` that is hashed and compared.
pub fn opaque_string(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_space = |c: char| CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::SpaceSeparator;
    let spaces: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
    Cow::Owned(ComposingNormalizerBorrowed::new_nfc().normalize(&spaces).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_text_are_one_password() {
        assert_eq!(opaque_string("cafe\u{301} noir"), "caf\u{e9} noir");
        assert_eq!(opaque_string("caf\u{e9} noir"), "caf\u{e9} noir");
        // Hangul syllables and marks in another order.
        assert_eq!(opaque_string("\u{1112}\u{1161}\u{11ab}"), "\u{d55c}");
        assert_eq!(opaque_string("a\u{301}\u{323}"), opaque_string("a\u{323}\u{301}"));
    }

    #[test]
    fn other_spaces_are_spaces_and_nothing_else_changes() {
        assert_eq!(opaque_string("a\u{a0}b\u{3000}c"), "a b c");
        for text in ["", " a  b ", "Passw0rd", "PASSWORD", "👩\u{200d}💻", "ﬁ", "１", "a\u{200b}"] {
            assert_eq!(opaque_string(text), text);
        }
    }
}
