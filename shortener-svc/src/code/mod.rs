//! Codes: what stands behind the slash of a short URL. Random unless the user chose an alias.

pub mod alias;
mod random;
mod suggestions;

pub use self::alias::Alias;
pub use self::random::{ATTEMPTS, Codes};
pub use self::suggestions::candidates;

/// How many free aliases are suggested for a taken one.
pub const SUGGESTIONS: usize = 3;
