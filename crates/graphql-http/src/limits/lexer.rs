//! Counts tokens and bracket nesting of a document before the parser sees it.
//!
//! The parser is recursive and builds a tree; this scan is one pass over the bytes without allocation and stops at the
//! first bound that is passed. It follows <https://spec.graphql.org/October2021/#sec-Appendix-Grammar-Summary.Lexical-Tokens>.
//! Strings that do not end are refused here, because the parser would read on after their opening quote and find tokens
//! that were not counted.

/// Why a document is not worth parsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexError {
    /// More tokens than allowed.
    Tokens,
    /// Brackets nested deeper than allowed.
    Nesting,
    /// A string without its closing quote.
    OpenString,
}

/// Reads `text` and returns its number of tokens.
pub fn scan(text: &str, max_tokens: usize, max_nesting: usize) -> Result<usize, LexError> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = end_of_line(bytes, at);
                continue;
            }
            0xEF if bytes[at..].starts_with("\u{feff}".as_bytes()) => {
                at += 3;
                continue;
            }
            b'{' | b'(' | b'[' => {
                nesting += 1;
                if nesting > max_nesting {
                    return Err(LexError::Nesting);
                }
                at += 1;
            }
            b'}' | b')' | b']' => {
                nesting = nesting.saturating_sub(1);
                at += 1;
            }
            b'"' => at = end_of_string(bytes, at)?,
            b'.' if bytes[at..].starts_with(b"...") => at += 3,
            b'-' | b'0'..=b'9' => at = end_of_number(bytes, at),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => at = end_of_name(bytes, at),
            _ => at += 1,
        }
        tokens += 1;
        if tokens > max_tokens {
            return Err(LexError::Tokens);
        }
    }
    Ok(tokens)
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&b| b == b'\n' || b == b'\r').map_or(bytes.len(), |n| start + n)
}

fn end_of_name(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().position(|&b| b != b'_' && !b.is_ascii_alphanumeric()).map_or(bytes.len(), |n| start + n)
}

/// Takes what could belong to a number; whether it is one is for the parser to say.
fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        let digit_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let part = match byte {
            b'.' => digit_follows,
            b'+' | b'-' => digit_follows && matches!(bytes[at - 1], b'e' | b'E'),
            _ => byte.is_ascii_alphanumeric() || byte == b'_',
        };
        if !part {
            break;
        }
        at += 1;
    }
    at
}

fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, LexError> {
    if bytes[start..].starts_with(b"\"\"\"") {
        return end_of_block_string(bytes, start + 3);
    }
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\\' => at += 2,
            b'\n' | b'\r' => break,
            _ => at += 1,
        }
    }
    Err(LexError::OpenString)
}

fn end_of_block_string(bytes: &[u8], start: usize) -> Result<usize, LexError> {
    let mut at = start;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"\"\"\"") {
            return Ok(at + 3);
        }
        at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
    }
    Err(LexError::OpenString)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Result<usize, LexError> {
        scan(text, 100, 10)
    }

    #[test]
    fn tokens_are_those_of_the_specification() {
        for (text, tokens) in [
            ("", 0),
            ("\u{feff} ,\t\r\n# only { a comment", 0),
            ("{a}", 3),
            ("query Q($a: [Int!]! = -1.5e+3) @x { ...F ... on T { b: c(d: $a) } }", 34),
            (r#"{ a(b: "} # \" \\", c: """ " \""" } """) }"#, 11),
            (r#"{ a(b: "") }"#, 8),
            ("1.5 1e5 1.5E-3 -0 0.0", 5),
            ("1...2", 3),
            ("💥", 4),
        ] {
            assert_eq!(count(text), Ok(tokens), "{text}");
        }
    }

    #[test]
    fn each_bound_holds_at_its_edge() {
        assert_eq!(scan("a b c", 3, 1), Ok(3));
        assert_eq!(scan("a b c d", 3, 1), Err(LexError::Tokens));
        assert_eq!(scan("{([])}", 9, 3), Ok(6));
        assert_eq!(scan("{([{}])}", 9, 3), Err(LexError::Nesting));
    }

    #[test]
    fn strings_must_end() {
        for text in ["\"", "\"abc", "\"a\nb\"", "\"\\\"", "\"\"\"", "\"\"\" \"\"", "\"\"\" \\\"\"\"", "\"\\"] {
            assert_eq!(count(text), Err(LexError::OpenString), "{text}");
        }
    }
}
