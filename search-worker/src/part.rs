//! The parts of a link that are searched.

use serde::{Deserialize, Serialize};

/// A part of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Its code.
    Code,
    /// Its title.
    Title,
    /// Its tags.
    Tags,
    /// Host and path of its destination.
    Destination,
    /// Its description.
    Description,
    /// Its notes.
    Notes,
    /// Its short domain.
    Domain,
}

impl Part {
    /// All of them, the weightiest first.
    pub const ALL: [Self; 7] =
        [Self::Code, Self::Title, Self::Tags, Self::Destination, Self::Description, Self::Notes, Self::Domain];

    /// Its name in both indexes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Title => "title",
            Self::Tags => "tags",
            Self::Destination => "destination",
            Self::Description => "description",
            Self::Notes => "notes",
            Self::Domain => "domain",
        }
    }

    /// What a word that is found here counts. Whole numbers: together with the halves and quarters for words that are not
    /// quite the same, every sum is exact in 32 bits, and both engines come to the same ranking.
    pub fn weight(self) -> f32 {
        match self {
            Self::Code => 10.0,
            Self::Title => 8.0,
            Self::Tags => 6.0,
            Self::Destination => 4.0,
            Self::Description => 2.0,
            Self::Notes | Self::Domain => 1.0,
        }
    }
}

/// The share of a part's weight that a word counts that only begins like the one that was asked for.
pub const PREFIX: f32 = 0.75;
/// The same for a word with one typo.
pub const ONE_TYPO: f32 = 0.5;
/// The same for a word with two.
pub const TWO_TYPOS: f32 = 0.25;

/// The searched text of a link, as it is shown in highlights.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// The code.
    pub code: String,
    /// The title.
    pub title: String,
    /// Names of tags.
    pub tags: Vec<String>,
    /// Host and path, percent-decoded.
    pub destination: String,
    /// The description.
    pub description: String,
    /// The notes.
    pub notes: String,
}

impl Texts {
    /// The text of a part; tags are several.
    pub fn of(&self, part: Part) -> Vec<&str> {
        match part {
            Part::Code => vec![&self.code],
            Part::Title => vec![&self.title],
            Part::Tags => self.tags.iter().map(String::as_str).collect(),
            Part::Destination => vec![&self.destination],
            Part::Description => vec![&self.description],
            Part::Notes => vec![&self.notes],
            // It is the same for many links and is not highlighted.
            Part::Domain => Vec::new(),
        }
    }
}
