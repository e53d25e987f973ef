//! search-worker: an index over the links of all workspaces, fed by the stream `links`.
//!
//! [`feed`] brings events into the index, [`rebuild`] builds it again from shortener-svc, and [`rpcs`] answers questions from it. All
//! three speak to an [`engine::Engine`]; versions of links decide what is newer, so the order of events does not matter.
//!
//! Ranking is by the place of a word (code, title, tags, destination, description, notes) and by how exactly it fits, then by age. The
//! frequency of words was left out on purpose: every word that was asked for has to be there, so it would shift whole questions rather than
//! the order within one, would differ between engines, and would change under the cursor of someone who turns pages.

pub mod cursor;
pub mod engine;
pub mod entry;
pub mod feed;
pub mod highlight;
pub mod limits;
pub mod near;
pub mod part;
pub mod question;
pub mod rebuild;
pub mod rpcs;
mod start;
pub mod state;
pub mod words;

pub use self::start::start;

/// The name of the service among the others.
pub const NAME: &str = "search";
