//! Tags: labels of a workspace with a colour.

use curtail_rpc::Error;

use super::text::{self, Lines};
use crate::code::alias;
use crate::limits;
use crate::refusal::invalid;

/// Colours for tags that nobody has coloured, told apart in light and dark.
const PALETTE: [&str; 8] = ["#2563eb", "#16a34a", "#dc2626", "#d97706", "#7c3aed", "#0891b2", "#db2777", "#65a30d"];

/// Checks the tags of a link: spaces around a name do not count, nor does naming one twice. The result is sorted.
pub fn check_all(names: Vec<String>) -> Result<Vec<String>, Error> {
    // Bounded before duplicates are dropped, so that nobody gets work done for a list without end.
    if names.len() > limits::TAGS_PER_LINK {
        return Err(invalid("TOO_MANY_TAGS", "tags", format!("more than {} tags", limits::TAGS_PER_LINK)));
    }
    let mut names = names.into_iter().map(|name| check(&name, "tags")).collect::<Result<Vec<_>, _>>()?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Checks one name: NFC, 1 to [`limits::TAG_CHARS`] characters on one line.
pub fn check(name: &str, field: &'static str) -> Result<String, Error> {
    // Bounded first: composing is work, and it changes the count of characters.
    let name = text::check(name.trim_matches(' ').to_owned(), field, limits::TAG_CHARS * 4, Lines::One)?;
    let name = text::check(alias::normalise(&name), field, limits::TAG_CHARS, Lines::One)?;
    if name.is_empty() {
        return Err(invalid("TAG_EMPTY", field, "a tag needs a name"));
    }
    Ok(name)
}

/// Checks a colour: `#rrggbb` in any case; stored in lower case.
pub fn check_color(color: &str) -> Result<String, Error> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
    match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(_) => Ok(color.to_ascii_lowercase()),
        None => Err(invalid("COLOR_INVALID", "color", "a colour looks like #2563eb")),
    }
}

/// The colour of a tag that nobody has coloured; the same for the same name.
pub fn default_color(name: &str) -> &'static str {
    let sum = name.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    PALETTE[sum % PALETTE.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("t{number:02}")).collect()
    }

    #[test]
    fn twenty_tags_and_one_more() {
        assert_eq!(check_all(names(20)).unwrap().len(), 20);
        assert_eq!(check_all(names(21)).unwrap_err().reason, "TOO_MANY_TAGS");
    }

    #[test]
    fn fifty_characters_and_one_more() {
        assert!(check(&"ü".repeat(50), "tags").is_ok());
        assert_eq!(check(&"ü".repeat(51), "tags").unwrap_err().reason, "TOO_LONG");
        assert_eq!(check("  ", "tags").unwrap_err().reason, "TAG_EMPTY");
        assert_eq!(check("a\nb", "tags").unwrap_err().reason, "CONTROL_CHARACTER");
    }

    #[test]
    fn sorted_without_duplicates_in_nfc() {
        let tags = ["b", " a ", "b", "e\u{301}"].map(str::to_owned);
        assert_eq!(check_all(tags.into()).unwrap(), ["a", "b", "é"]);
    }

    #[test]
    fn colours() {
        assert_eq!(check_color("#FFaa00").unwrap(), "#ffaa00");
        for color in ["", "#fff", "ffaa00", "#ffaa0g", "#ffaa000", "red", "#ffaa0é", "url(x)"] {
            assert_eq!(check_color(color).unwrap_err().reason, "COLOR_INVALID", "{color}");
        }
        assert!(check_color(default_color("news")).is_ok());
    }
}
