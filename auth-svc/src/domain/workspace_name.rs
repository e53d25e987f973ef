//! Names of workspaces.

use crate::Error;

/// The longest name in characters.
pub const MAX_CHARS: usize = 200;

/// 1 to 200 characters without control characters; space around it removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceName(String);

impl WorkspaceName {
    /// Checks a name as a user typed it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
            return Err(Error::invalid("name", "NAME_INVALID", "Enter a name of 1 to 200 characters."));
        }
        Ok(Self(text.to_owned()))
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
        for wrong in ["", "  ", "a\nb", &"ä".repeat(201)] {
            assert!(WorkspaceName::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
