//! The code in a path.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The most characters of a code.
const MAX_CHARS: usize = 64;

/// The code that `path` asks for, decoded and in NFC as it is stored. `None` when it can not be one: several segments,
/// dot segments, encoded separators, bytes that are not UTF-8, control characters, or too long.
pub fn code(path: &str) -> Option<Cow<'_, str>> {
    let segment = path.strip_prefix('/')?;
    // Three bytes are written for each, and a character has at most four.
    if segment.is_empty() || segment.len() > MAX_CHARS * 12 {
        return None;
    }
    if segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return (segment.len() <= MAX_CHARS).then_some(Cow::Borrowed(segment));
    }
    decoded(segment)
}

fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if !escapes_are_whole(segment) {
        return None;
    }
    let mut code = percent_decode_str(segment).decode_utf8().ok()?;
    if !is_nfc(&code) {
        code = Cow::Owned(code.nfc().collect());
    }
    let refused = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let fine = code.chars().count() <= MAX_CHARS && !code.contains(refused) && !matches!(&*code, "." | "..");
    fine.then_some(code)
}

/// Whether each `%` stands before two hexadecimal digits.
fn escapes_are_whole(segment: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = segment.as_bytes();
    let at = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at);
    at.into_iter().all(|at| hex(bytes.get(at + 1)) && hex(bytes.get(at + 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_decoded_and_normalised() {
        for (path, expected) in [
            ("/abc123X", "abc123X"),
            ("/%C3%BC", "ü"),
            ("/u%CC%88", "ü"),
            ("/a%2Bb", "a+b"),
            ("/a+b", "a+b"),
            ("/%E6%97%A5%E6%9C%AC", "日本"),
            ("/a%20b", "a b"),
            ("/...", "..."),
        ] {
            assert_eq!(code(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn s10_path_tricks_are_no_codes() {
        for path in [
            "",
            "/",
            "//x",
            "/a/",
            "/a/b",
            "/a%2Fb",
            "/%2f%2fevil",
            "/%5cevil",
            "/a\\b",
            "/.",
            "/..",
            "/%2e%2e",
            "/%2E",
            "/%",
            "/%4",
            "/%zz",
            "/a%",
            "/%ff",
            "/%c0%ae",
            "/a%00",
            "/a%0d%0aSet-Cookie:x",
            "/%7f",
            "/%C2%85",
            "abc",
        ] {
            assert_eq!(code(path), None, "{path}");
        }
    }

    #[test]
    fn at_most_64_characters() {
        assert_eq!(code(&format!("/{}", "a".repeat(64))).map(|c| c.len()), Some(64));
        assert_eq!(code(&format!("/{}", "a".repeat(65))), None);
        assert_eq!(code(&format!("/{}", "%F0%9F%98%80".repeat(64))).map(|c| c.chars().count()), Some(64));
        assert_eq!(code(&format!("/{}", "%F0%9F%98%80".repeat(65))), None);
        assert_eq!(code(&format!("/{}", "%C3%BC".repeat(65))), None);
    }
}
