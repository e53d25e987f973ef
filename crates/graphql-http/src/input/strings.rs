//! String literals that the parser does not read as specified: `\"""` in block strings, `\u{…}` and surrogate pairs.
//!
//! Such literals are written as ordinary strings with the same value before the parser sees them. Documents without them, which
//! are almost all, are not copied.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns `text` in a form that the parser reads as specified, or nothing if an escape names no character.
///
/// `text` has passed the lexer, so that its strings end.
pub(crate) fn normalize(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains("\\u") && !text.contains("\\\"\"\"") {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '#']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('#') {
            let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(block) = rest.strip_prefix("\"\"\"") {
            let end = end_of_block(block)?;
            write_block(&block[..end], &mut out);
            rest = &block[end + 3..];
        } else {
            let end = end_of_string(&rest[1..])?;
            write_string(&rest[1..=end], &mut out)?;
            rest = &rest[end + 2..];
        }
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// The place of the closing quotes; `\"""` does not close.
fn end_of_block(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + text[at..].find("\"\"\"")?;
        if !text[..found].ends_with('\\') {
            return Some(found);
        }
        at = found + 3;
    }
}

fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// A block string as an ordinary one, followed by as many line ends, so that later positions keep their line.
fn write_block(raw: &str, out: &mut String) {
    if !raw.contains("\\\"\"\"") {
        let _ = write!(out, "\"\"\"{raw}\"\"\"");
        return;
    }
    out.push('"');
    for c in block_value(&raw.replace("\\\"\"\"", "\"\"\"")).chars() {
        write_char(c, out);
    }
    out.push('"');
    out.extend(std::iter::repeat_n('\n', lines(raw).len() - 1));
}

fn lines(raw: &str) -> Vec<&str> {
    raw.split("\r\n").flat_map(|part| part.split(['\r', '\n'])).collect()
}

/// The value of a block string: without the indent that its lines have in common, and without blank lines around it.
fn block_value(raw: &str) -> String {
    let lines = lines(raw);
    let indent = |line: &str| line.find(|c| c != ' ' && c != '\t');
    let common = lines.iter().skip(1).filter_map(|line| indent(line)).min().unwrap_or(0);
    let first = lines.iter().position(|line| indent(line).is_some()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| indent(line).is_some()).map_or(0, |at| at + 1);
    let shown = lines.iter().enumerate().take(last).skip(first);
    let shown = shown.map(|(at, line)| if at == 0 { line } else { line.get(common..).unwrap_or_default() });
    shown.collect::<Vec<_>>().join("\n")
}

/// An ordinary string with its escapes of code points read.
fn write_string(raw: &str, out: &mut String) -> Option<()> {
    out.push('"');
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(hex) = rest.strip_prefix('u') {
            let (c, length) = code_point(hex)?;
            write_char(c, out);
            rest = &hex[length..];
        } else {
            let next = rest.chars().next()?;
            out.push('\\');
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out.push_str(rest);
    out.push('"');
    Some(())
}

/// The character that `hex` begins with and its length: `{…}`, four digits, or two times four with `\u` between them.
fn code_point(hex: &str) -> Option<(char, usize)> {
    if let Some(braced) = hex.strip_prefix('{') {
        let end = braced.find('}')?;
        return Some((char::from_u32(digits(&braced[..end])?)?, end + 2));
    }
    let first = digits(hex.get(..4)?)?;
    if !(0xD800..0xDC00).contains(&first) {
        return Some((char::from_u32(first)?, 4));
    }
    let second = digits(hex.get(4..)?.strip_prefix("\\u")?.get(..4)?)?;
    if !(0xDC00..0xE000).contains(&second) {
        return None;
    }
    Some((char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))?, 10))
}

fn digits(text: &str) -> Option<u32> {
    let hexadecimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u32::from_str_radix(text, 16).ok())?
}

fn write_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push('\t'),
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql_value::Value;

    use super::*;

    fn value(literal: &str) -> Option<String> {
        let text = format!("{{ a(b: {literal}) }}");
        let document = parse_query(normalize(&text)?).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let async_graphql::parser::types::Selection::Field(field) = &operation.node.selection_set.node.items[0].node
        else {
            panic!("a field")
        };
        match &field.node.arguments[0].1.node {
            Value::String(text) => Some(text.clone()),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn strings_are_read_as_specified() {
        for (literal, expected) in [
            (r#""""a \""" b""""#, "a \"\"\" b"),
            (r#""""\"""""""#, "\"\"\""),
            ("\"\"\"\n    a\n      \\\"\"\"b\\n\n    c\n\"\"\"", "a\n  \"\"\"b\\n\nc"),
            (r#""""a \u{41} \u0041""""#, r"a \u{41} \u0041"),
            (r#""\u{1F600}""#, "😀"),
            (r#""\u{41}b""#, "Ab"),
            (r#""\ud83d\ude00!""#, "😀!"),
            (r#""\uD83D\uDE00""#, "😀"),
            (r#""\u0022 \u005c \u000a \u0000 \\u0041""#, "\" \\ \n \0 \\u0041"),
            (r##""# \u0041 \" # ""##, "# A \" # "),
            (r#""é \u00e9""#, "é é"),
        ] {
            assert_eq!(value(literal).as_deref(), Some(expected), "{literal}");
        }
    }

    #[test]
    fn escapes_that_name_no_character_are_refused() {
        for literal in [
            r"\ud83d",
            r"\ud83dx",
            r"\ude00",
            r"\ud83d\u0041",
            r"\u{}",
            r"\u{110000}",
            r"\u{d800}",
            r"\u{12",
            r"\u12",
            r"\u12xé",
        ] {
            assert_eq!(value(&format!("\"{literal}\"")), None, "{literal}");
        }
    }

    #[test]
    fn other_documents_are_not_copied() {
        assert!(matches!(normalize("{ a(b: \"\\n\") # \"\n }"), Some(Cow::Borrowed(_))));
    }
}
