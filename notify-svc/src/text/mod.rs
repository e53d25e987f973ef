//! Text messages: whom they go to and what they say, in one line.

mod compose;
mod number;
mod templates;

pub use self::compose::{Composer, Text, Uncomposable};
pub use self::number::{BadNumber, Number};
pub use self::templates::{CODE, Unrenderable};
