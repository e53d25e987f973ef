//! What a code stands for, and how it answers at an instant.

mod campaign;
mod entry;
mod forward;
mod outcome;

pub use campaign::campaign;
pub use entry::{Destination, Entry, Link, Location};
pub use forward::forward;
pub use outcome::LinkOutcome;
