//! From a row of `messages` to the line that goes out.

use super::templates::{Templates, Unrenderable};
use super::{BadNumber, Number};
use crate::store::messages::Row;

/// A text message that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The name of its file in a mailbox, without an extension.
    pub file: String,
    /// Whom it goes to.
    pub to: Number,
    /// One line.
    pub body: String,
}

/// Why a text message cannot be written; it never can.
#[derive(Debug, thiserror::Error)]
pub enum Uncomposable {
    /// Its recipient is none.
    #[error(transparent)]
    Number(#[from] BadNumber),
    /// Its words.
    #[error(transparent)]
    Words(#[from] Unrenderable),
}

/// Writes text messages.
pub struct Composer(Templates);

impl Composer {
    /// A composer.
    ///
    /// # Errors
    /// When a template is malformed, which a test excludes.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Templates::new()?))
    }

    /// Writes the text message of a row.
    ///
    /// # Errors
    /// When the row cannot be made one, now or later.
    pub fn compose(&self, row: &Row) -> Result<Text, Uncomposable> {
        let to = Number::parse(&row.address)?;
        Ok(Text { file: row.file(), to, body: self.words(&row.kind, &row.data)? })
    }

    /// The words of the text message of a name.
    ///
    /// # Errors
    /// When there is none of this name, or the data lack something.
    pub fn words(&self, name: &str, data: &serde_json::Value) -> Result<String, Unrenderable> {
        self.0.render(name, data)
    }
}
