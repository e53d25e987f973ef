//! Names of users and workspaces.

use crate::Error;

/// The longest name in characters.
pub(crate) const MAX_CHARS: usize = 200;

/// 1 to 200 characters without control characters; space around it and invisible characters are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FullName(String);

impl FullName {
    /// Checks a name as a user typed it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        curtail_text::name::parse(text, MAX_CHARS).map(Self).map_err(|_| Error::FULL_NAME_INVALID)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// 1 to 200 characters without control characters; space around it and invisible characters are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkspaceName(String);

impl WorkspaceName {
    /// Checks a name as a user typed it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        curtail_text::name::parse(text, MAX_CHARS).map(Self).map_err(|_| Error::WORKSPACE_NAME_INVALID)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_at_the_edge_and_one_past() {
        assert!(FullName::parse(&"ä".repeat(200)).is_ok());
        assert!(FullName::parse(&"ä".repeat(201)).is_err());
        assert!(FullName::parse("x").is_ok());
        assert!(FullName::parse("  ").is_err());
        assert!(FullName::parse("\u{200b}").is_err());
    }

    #[test]
    fn control_characters_are_refused_and_space_around_goes() {
        assert_eq!(FullName::parse(" Ada  Lovelace\n").unwrap().as_str(), "Ada  Lovelace");
        for text in ["a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{7f}b"] {
            assert!(FullName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn workspace_names_are_bounded_alike() {
        assert!(WorkspaceName::parse(&"ä".repeat(200)).is_ok());
        for wrong in ["", "  ", "\u{200b}", "\u{202e}", "a\nb", &"ä".repeat(201)] {
            assert!(WorkspaceName::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
