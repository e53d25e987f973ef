//! The code in a path.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The most characters of a code, all segments and the slashes between them.
const MAX_CHARS: usize = 255;

/// What chats and mail programs take for a part of a link that stands before it.
const GLUE: &[char] = &[
    '.', ',', ';', ':', '!', '?', ')', ']', '}', '>', '"', '\'', '*', '…', '’', '”', '»', '、', '。', '，', '．', '！',
    '？', '）', '」', ' ', '\u{a0}', '\u{3000}',
];

/// The codes that a path may stand for.
#[derive(Debug, PartialEq, Eq)]
pub struct Codes<'a> {
    /// What the path says, decoded and in NFC as it is stored, without a slash at the end.
    pub exact: Cow<'a, str>,
    /// The same without the punctuation at its end: the link if there is none with it.
    pub trimmed: Option<String>,
}

/// Reads the code of a path, which may have several segments. `None` if it cannot be one: empty or dot segments, encoded
/// separators, bytes that are not UTF-8, control characters, or too long.
pub fn codes(path: &str) -> Option<Codes<'_>> {
    let segment = path.strip_prefix('/')?;
    let segment = segment.strip_suffix('/').unwrap_or(segment);
    // Three bytes are written for each, and a character has at most four.
    if segment.is_empty() || segment.len() > MAX_CHARS * 12 {
        return None;
    }
    if segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return (segment.len() <= MAX_CHARS).then_some(Codes { exact: Cow::Borrowed(segment), trimmed: None });
    }
    let mut segments = segment.split('/');
    let first = decoded(segments.next()?)?;
    let exact = segments.try_fold(first, |code, next| Some(Cow::Owned(format!("{code}/{}", decoded(next)?))))?;
    if exact.chars().count() > MAX_CHARS {
        return None;
    }
    let trimmed = exact.trim_end_matches(GLUE).trim_end_matches('/');
    let trimmed = (!trimmed.is_empty() && trimmed.len() < exact.len()).then(|| trimmed.to_owned());
    Some(Codes { exact, trimmed })
}

fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() || !escapes_are_whole(segment) {
        return None;
    }
    let mut code = percent_decode_str(segment).decode_utf8().ok()?;
    if !is_nfc(&code) {
        code = Cow::Owned(code.nfc().collect());
    }
    let refused = |c: char| matches!(c, '/' | '\\') || c.is_control();
    let fine = !code.contains(refused) && !matches!(&*code, "." | "..");
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

    fn code(path: &str) -> Option<Cow<'_, str>> {
        codes(path).map(|codes| codes.exact)
    }

    #[test]
    fn a_slash_and_punctuation_at_the_end_may_be_glue() {
        for (path, exact, trimmed) in [
            ("/abc", "abc", None),
            ("/abc/", "abc", None),
            ("/abc.", "abc.", Some("abc")),
            ("/abc).", "abc).", Some("abc")),
            ("/abc%E2%80%A6", "abc…", Some("abc")),
            ("/abc%20", "abc ", Some("abc")),
            ("/abc!/", "abc!", Some("abc")),
            ("/a.b", "a.b", None),
            ("/...", "...", None),
            ("/%C3%BC,", "ü,", Some("ü")),
        ] {
            let expected = Codes { exact: exact.into(), trimmed: trimmed.map(str::to_owned) };
            assert_eq!(codes(path), Some(expected), "{path}");
        }
        assert_eq!(codes("/abc//"), None);
    }

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
            ("/sale/spring", "sale/spring"),
            ("/a/%C3%BC/c", "a/ü/c"),
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
            "/a//",
            "/a//b",
            "/a/../b",
            "/a/%2e%2e",
            "/a/.",
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
    fn at_most_255_characters() {
        assert_eq!(code(&format!("/{}", "a".repeat(255))).map(|c| c.len()), Some(255));
        assert_eq!(code(&format!("/{}", "a".repeat(256))), None);
        assert_eq!(code(&format!("/{}", "%F0%9F%98%80".repeat(255))).map(|c| c.chars().count()), Some(255));
        assert_eq!(code(&format!("/{}", "%F0%9F%98%80".repeat(256))), None);
        assert_eq!(code(&format!("/{}", "%C3%BC".repeat(256))), None);
    }
}
