//! Names that people read: of users, workspaces, API keys and tags.

use crate::invisible;

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it without white space and invisible characters.
    #[error("the name is empty")]
    Empty,
    /// It has more characters than allowed.
    #[error("the name is too long")]
    TooLong,
    /// It has a control character, such as a line break.
    #[error("the name has a control character")]
    ControlCharacter,
}

/// Reads a name of 1 to `max_chars` characters.
///
/// White space around it and invisible characters anywhere are removed before the characters are counted.
///
/// # Errors
/// Returns an error if the name is empty, too long, or has a control character.
pub fn parse(text: &str, max_chars: usize) -> Result<String, NameError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    // Bounds the work of stripping: no honest name has three invisible characters for each visible one.
    if text.chars().count() > max_chars.saturating_mul(4) {
        return Err(NameError::TooLong);
    }
    let visible = invisible::strip(text);
    let name = visible.trim();
    if name.is_empty() {
        Err(NameError::Empty)
    } else if name.chars().count() > max_chars {
        Err(NameError::TooLong)
    } else {
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_at_the_edge_and_one_past() {
        assert_eq!(parse(&"ä".repeat(200), 200).unwrap().chars().count(), 200);
        assert_eq!(parse(&"ä".repeat(201), 200), Err(NameError::TooLong));
        // What cannot be seen does not count.
        assert!(parse(&format!("{}\u{200b}", "ä".repeat(200)), 200).is_ok());
        assert_eq!(parse("a\nb", 200), Err(NameError::ControlCharacter));
    }

    #[test]
    fn a_name_that_cannot_be_seen_is_empty() {
        for text in
            ["", "  ", "\u{200b}", "\u{202e}", " \u{200b} ", "\u{3164}", "\u{2800}", "\u{200d}", "\u{fe0f}", "\u{3000}"]
        {
            assert_eq!(parse(text, 200), Err(NameError::Empty), "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_are_removed() {
        assert_eq!(parse("\u{202e}Ada \u{200b}", 200).unwrap(), "Ada");
        assert_eq!(parse("می\u{200c}خواهم", 200).unwrap(), "می\u{200c}خواهم");
    }
}
