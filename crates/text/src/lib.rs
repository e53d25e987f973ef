//! Text that people enter: names, tags, aliases and passwords.
//!
//! - [`invisible`]: finds and strips characters that cannot be seen, the one rule for the whole platform.
//! - [`name`]: names that people read.
//! - [`password`]: one form for passwords that different keyboards encode differently.
//!
//! Names are stripped, because invisible characters come with pasted text and the user cannot find them. Identifiers such as
//! aliases are refused: a silently changed identifier would not be the one that was asked for.

pub mod invisible;
pub mod name;
pub mod password;
