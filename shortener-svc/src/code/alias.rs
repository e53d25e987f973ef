//! Codes that users choose.
//!
//! An alias may have several segments, `sale/spring`. Letters that merely look alike (Latin `a`, Cyrillic `а`) are different
//! aliases: distinguishing them is a matter of fonts and of the reader's script, and within one domain no code grants
//! anything. Invisible characters are refused, by the rule of `curtail_text`.

use curtail_text::invisible;
use unicode_normalization::UnicodeNormalization as _;

use crate::limits;

/// A checked alias in NFC. Case counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alias(String);

/// Why an alias is refused. The text is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`limits::ALIAS_CHARS`].
    #[error("the alias is longer than 255 characters")]
    TooLong,
    /// Holds a character that has a meaning in URLs or cannot be seen.
    #[error("the alias must not hold spaces, invisible characters, empty segments or any of ? # % + \\")]
    Character,
    /// A path of our own answers there.
    #[error("the alias is reserved")]
    Reserved,
}

impl Refusal {
    /// The reason on the wire.
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "ALIAS_TOO_LONG",
            Self::Character => "ALIAS_INVALID",
            Self::Reserved => "ALIAS_RESERVED",
        }
    }
}

impl Alias {
    /// Checks `input`, which must not be empty.
    pub fn parse(input: &str) -> Result<Self, Refusal> {
        // Composing never makes text longer by more than a factor of three, so hopeless input is not normalised at all.
        if input.len() > limits::ALIAS_CHARS * 16 {
            return Err(Refusal::TooLong);
        }
        let alias = normalise(input);
        if alias.chars().count() > limits::ALIAS_CHARS {
            return Err(Refusal::TooLong);
        }
        if alias.chars().any(is_refused) || invisible::first(&alias).is_some() || alias.split('/').any(str::is_empty) {
            return Err(Refusal::Character);
        }
        // Dot segments vanish from paths before they reach a server, and the first segment decides which part answers.
        let first = alias.split('/').next().unwrap_or_default();
        if alias.split('/').any(|segment| matches!(segment, "." | "..")) || curtail_routes::is_reserved(first) {
            return Err(Refusal::Reserved);
        }
        Ok(Self(alias))
    }

    /// The alias as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// NFC, the form in which codes are stored and looked up.
pub fn normalise(code: &str) -> String {
    code.nfc().collect()
}

/// The form in which a code that a visitor asked for is looked up; none when no link can have it.
pub fn lookup(code: &str) -> Option<String> {
    if code.is_empty() || code.len() > limits::ALIAS_CHARS * 16 {
        return None;
    }
    let code = normalise(code);
    (code.chars().count() <= limits::ALIAS_CHARS && !code.chars().any(is_refused)).then_some(code)
}

fn is_refused(c: char) -> bool {
    c.is_control() || c.is_whitespace() || matches!(c, '?' | '#' | '%' | '+' | '\\') || is_noncharacter(c)
}

/// Code points that Unicode will never assign.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_people_choose() {
        for alias in [
            "summer",
            "Summer-2026",
            "a",
            "привет",
            "日本語",
            "été",
            "👩‍🚀",
            "a.b",
            "...",
            "x_y~z!$&'()*,;=:@",
            "sale/spring",
            "a/b/c",
            "❤️",
            "نامه\u{200c}ای",
            "1️⃣",
        ] {
            assert_eq!(Alias::parse(alias).map(|alias| alias.0), Ok(alias.to_owned()), "{alias}");
        }
    }

    #[test]
    fn stores_nfc() {
        assert_eq!(Alias::parse("e\u{301}te\u{301}").unwrap().as_str(), "été");
    }

    #[test]
    fn s10_refuses_path_tricks_and_what_cannot_be_seen() {
        for alias in [
            "",
            " ",
            "a b",
            "/a",
            "a/",
            "a//b",
            "/",
            "a?b",
            "a#b",
            "%2e%2e",
            "code+",
            "a\\b",
            "a\tb",
            "a\nb",
            "a\0b",
            "\u{7f}",
            "a\u{85}b",
            "a\u{a0}b",
            "\u{200b}",
            "a\u{202e}b",
            "a\u{feff}",
            "\u{ad}",
            "\u{2066}x",
            "\u{e0041}",
            "\u{2028}",
            "\u{ffff}",
            "spring\u{200d}",
            "spring\u{200c}",
            "spring\u{fe0f}",
            "\u{200d}spring",
            "\u{2800}x",
            "spr\u{200d}ing",
        ] {
            assert_eq!(Alias::parse(alias), Err(Refusal::Character), "{alias:?}");
        }
        for alias in [".", "..", "a/..", "./a", "v1/links", "API/x"] {
            assert_eq!(Alias::parse(alias), Err(Refusal::Reserved), "{alias:?}");
        }
    }

    #[test]
    fn s10_refuses_every_path_of_our_own_in_any_case() {
        for path in curtail_routes::REDIRECTOR.iter().chain(curtail_routes::GATEWAY) {
            assert!(Alias::parse(path).is_err(), "{path}");
            assert!(Alias::parse(&path.to_uppercase()).is_err(), "{path}");
        }
    }

    #[test]
    fn two_hundred_and_fifty_five_characters_and_one_more() {
        assert!(Alias::parse(&"é".repeat(255)).is_ok());
        assert_eq!(Alias::parse(&"é".repeat(256)), Err(Refusal::TooLong));
        // 255 characters after composition.
        assert!(Alias::parse(&"e\u{301}".repeat(255)).is_ok());
        assert_eq!(Alias::parse(&"a".repeat(10_000)), Err(Refusal::TooLong));
    }
}
