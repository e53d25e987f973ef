//! How values are written into messages.

use minijinja::{Error, ErrorKind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// The most characters of a text that a user chose: it is a name, not a message of its own.
const MAX_CHARS: usize = 80;

/// The same in a text message, which has 160 in all.
const BRIEF_CHARS: usize = 30;

/// A text that a user chose, as one line of at most 80 characters that no mail program makes a link of: who invites or signs up
/// a stranger must not be able to send him to a place of his own in our name.
pub(super) fn plain(text: &str) -> String {
    let mut line = String::new();
    let mut letters = text.chars().map(|letter| if letter.is_control() || is_invisible(letter) { ' ' } else { letter });
    let mut next = letters.next();
    while let Some(letter) = next {
        next = letters.next();
        match letter {
            // `evil.example` and `https://evil` lose their form; `Dr. No` and `Ada & Co.` keep it.
            // `=?utf-8?…?=` in a header would be decoded to anything (RFC 2047).
            '=' if next == Some('?') => line.extend([letter, ' ']),
            '.' | ':' | '@' | '。' if next.is_some_and(|next| !next.is_whitespace()) => line.extend([letter, ' ']),
            _ => line.push(letter),
        }
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    cut(words.join(" "), MAX_CHARS, "…")
}

/// As [`plain`], of at most 30 characters, and cut by a mark that does not make a text message one of 70 characters (GSM 03.38 has
/// no ellipsis).
pub(super) fn brief(text: &str) -> String {
    cut(plain(text), BRIEF_CHARS, "...")
}

/// `line` with at most `most` characters, the last ones being `mark` when some are missing.
fn cut(line: String, most: usize, mark: &str) -> String {
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - mark.chars().count()).chain(mark.chars()).collect()
}

/// Marks that turn the direction of text or take no place.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// An instant, `2026-11-21T12:00:00Z`, as `21 November 2026 at 12:00 UTC`.
pub(super) fn moment(text: &str) -> Result<String, Error> {
    let format = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    instant(text)?.format(format).map_err(|error| invalid(error.to_string()))
}

/// The day of an instant, as `21 November 2026`.
pub(super) fn day(text: &str) -> Result<String, Error> {
    let format = format_description!("[day padding:none] [month repr:long] [year]");
    instant(text)?.format(format).map_err(|error| invalid(error.to_string()))
}

fn instant(text: &str) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| invalid(error.to_string()))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s33_a_name_is_one_line_and_no_link() {
        for (text, expected) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Ada\r\nBcc: eve@evil.example", "Ada Bcc: eve@ evil. example"),
            ("https://evil.example/x", "https: //evil. example/x"),
            ("Dr. No & Co.", "Dr. No & Co."),
            ("a\u{202e}b\u{200b}c", "a b c"),
            ("=?utf-8?q?=0D=0ABcc?=", "= ?utf-8?q?=0D=0ABcc?="),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_name_is_cut_at_80_characters() {
        assert_eq!(plain(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!(plain(&"ä".repeat(81)), format!("{}…", "ä".repeat(79)));
    }

    #[test]
    fn a_name_in_a_text_message_is_cut_at_30_characters() {
        assert_eq!(brief(&"ä".repeat(30)), "ä".repeat(30));
        assert_eq!(brief(&"ä".repeat(31)), format!("{}...", "ä".repeat(27)));
        assert_eq!(brief("https://evil.example/x"), "https: //evil. example/x");
    }

    #[test]
    fn instants_are_written_for_people() {
        assert_eq!(moment("2026-11-01T09:05:00Z").unwrap(), "1 November 2026 at 09:05 UTC");
        assert_eq!(day("2026-11-21T12:00:00Z").unwrap(), "21 November 2026");
        assert!(moment("yesterday").is_err());
    }
}
