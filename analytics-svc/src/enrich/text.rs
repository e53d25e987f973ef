//! The bound and the alphabet of strings that visitors send.

use std::borrow::Cow;

/// The longest value of a dimension, in bytes; longer ones are cut.
pub const MAX_VALUE: usize = 256;

/// The longest user agent that is looked at, in bytes.
pub const MAX_USER_AGENT: usize = 1024;

/// The value without control characters and surrounding space, cut to [`MAX_VALUE`] bytes at a character; `None` when
/// nothing is left.
pub fn clean(value: &str) -> Option<Cow<'_, str>> {
    let kept = if value.chars().any(is_unwanted) {
        Cow::Owned(value.chars().filter(|c| !is_unwanted(*c)).collect::<String>())
    } else {
        Cow::Borrowed(value)
    };
    let kept = match kept {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text.trim(), MAX_VALUE).trim_end()),
        Cow::Owned(text) => Cow::Owned(cut(text.trim(), MAX_VALUE).trim_end().to_owned()),
    };
    (!kept.is_empty()).then_some(kept)
}

/// The longest start of `text` of at most `bytes` bytes that ends at a character.
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Control characters (PostgreSQL refuses NUL) and those that turn the direction of the text around them.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_go() {
        assert_eq!(clean("a\0b\r\n\u{202e}c\u{9b}"), Some("abc".into()));
        assert_eq!(clean(" \u{1}\u{2} "), None);
        assert_eq!(clean(""), None);
    }

    #[test]
    fn the_bound_counts_bytes_and_keeps_characters_whole() {
        assert_eq!(clean(&"x".repeat(MAX_VALUE)).map(|v| v.len()), Some(MAX_VALUE));
        assert_eq!(clean(&"x".repeat(MAX_VALUE + 1)).map(|v| v.len()), Some(MAX_VALUE));
        let odd = format!("x{}", "ü".repeat(MAX_VALUE));
        assert_eq!(clean(&odd).map(|v| v.len()), Some(MAX_VALUE - 1));
    }

    #[test]
    fn s25_markup_is_kept_as_text() {
        assert_eq!(clean("<script>alert(1)</script>"), Some("<script>alert(1)</script>".into()));
    }
}
