//! Dead-letter streams: entries that could not be handled, kept for a person to look at.
//!
//! The dead letters of `links` are in the stream `links:dlq`. An entry there has, in this order, `reason` (a word: `poison`,
//! `deliveries`, `undecodable`), `error` (a sentence), `attempts`, `group`, `stream` and `entry` (the original's id), and
//! after them the fields of the original.

mod bury;
mod letter;
mod letters;

pub(crate) use bury::bury;
pub use bury::set_aside;
pub use letter::{DeadLetter, Head};
pub use letters::{DeadLetters, Redriven};

/// How many fields of an entry tell about the death and not about the dead.
const ABOUT: usize = 6;
