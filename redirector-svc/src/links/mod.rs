//! What a code stands for, and how it answers at an instant.

mod answer;
mod campaign;
mod entry;
mod forward;

pub use answer::Answer;
pub use campaign::campaign;
pub use entry::{Destination, Entry, Known, Location};
pub use forward::forward;
