//! Free text of links.

use curtail_rpc::Error;

use crate::limits;
use crate::refusal::invalid;

/// Checks a title.
pub(super) fn title(text: String) -> Result<String, Error> {
    check(text, "title", limits::TITLE_CHARS, Lines::One)
}

/// Checks a description.
pub(super) fn description(text: String) -> Result<String, Error> {
    check(text, "description", limits::DESCRIPTION_CHARS, Lines::Many)
}

/// Checks notes.
pub(super) fn notes(text: String) -> Result<String, Error> {
    check(text, "notes", limits::NOTES_CHARS, Lines::Many)
}

/// Checks an external id.
pub(super) fn external_id(text: String) -> Result<String, Error> {
    check(text, "externalId", limits::EXTERNAL_ID_CHARS, Lines::One)
}

/// Whether a text may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    One,
    Many,
}

/// Takes `text` as entered, if it has at most `most` characters and no control characters (S3); tabs and line breaks pass in
/// texts of many lines.
pub fn check(text: String, field: &'static str, most: usize, lines: Lines) -> Result<String, Error> {
    // A character has at most four bytes: long texts are refused without being counted.
    if text.len() > most * 4 || text.chars().count() > most {
        return Err(invalid("TOO_LONG", field, format!("longer than {most} characters")));
    }
    let allowed = |c| lines == Lines::Many && matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(invalid("CONTROL_CHARACTER", field, "holds a control character"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        assert!(check("𝔘".repeat(300), "title", 300, Lines::One).is_ok());
        for text in ["a".repeat(301), "𝔘".repeat(301), "a".repeat(100_000)] {
            let error = check(text, "title", 300, Lines::One).unwrap_err();
            assert_eq!((error.reason.as_ref(), error.field.as_deref()), ("TOO_LONG", Some("title")));
        }
    }

    #[test]
    fn s03_refuses_control_characters() {
        for text in ["a\r\nSet-Cookie: x", "\0", "\u{1b}[31m", "\u{85}", "a\tb"] {
            let error = check(text.to_owned(), "title", 300, Lines::One).unwrap_err();
            assert_eq!(error.reason, "CONTROL_CHARACTER", "{text:?}");
        }
        assert!(check("one\r\n\ttwo".to_owned(), "notes", 300, Lines::Many).is_ok());
        assert!(check("one\0".to_owned(), "notes", 300, Lines::Many).is_err());
    }
}
