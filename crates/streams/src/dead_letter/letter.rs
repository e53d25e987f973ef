//! One dead letter.

use bytes::Bytes;

use super::ABOUT;
use crate::{Entry, EntryId};

/// What is known of a dead letter without reading it whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its id among the dead letters.
    pub id: EntryId,
    /// Why it died, in a word: `poison`, `deliveries` or `undecodable`.
    pub reason: String,
    /// The same for a person.
    pub error: String,
    /// How often it was handed out.
    pub attempts: String,
    /// The group that could not handle it; other groups may have.
    pub group: String,
    /// The id that it had in its stream.
    pub entry: String,
    /// The size of what it carries.
    pub bytes: u64,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What is known of it.
    pub head: Head,
    /// The entry as its group got it.
    pub original: Vec<(Bytes, Bytes)>,
}

impl DeadLetter {
    pub(super) fn of(entry: Entry) -> Self {
        let text =
            |name| entry.field(name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
        let original = entry.fields.get(ABOUT..).unwrap_or_default().to_vec();
        let head = Head {
            id: entry.id,
            reason: text("reason"),
            error: text("error"),
            attempts: text("attempts"),
            group: text("group"),
            entry: text("entry"),
            bytes: original.iter().map(|(_, value)| value.len() as u64).sum(),
        };
        Self { head, original }
    }
}
