//! Names of workspaces.

use crate::Error;

/// The longest name in characters.
pub const MAX_CHARS: usize = 200;

/// 1 to 200 characters without control characters; space around it and invisible characters are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceName(String);

impl WorkspaceName {
    /// Checks a name as a user typed it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = |_| Error::invalid("name", "NAME_INVALID", "Enter a name of 1 to 200 characters.");
        curtail_text::name::parse(text, MAX_CHARS).map(Self).map_err(refused)
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_at_the_edge_and_one_past_and_no_control_characters() {
        assert!(WorkspaceName::parse(&"ä".repeat(200)).is_ok());
        for wrong in ["", "  ", "\u{200b}", "\u{202e}", "a\nb", &"ä".repeat(201)] {
            assert!(WorkspaceName::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
