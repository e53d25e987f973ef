//! Mails: whom they go to, what they say, and the bytes that go out.

mod compose;
mod filters;
pub mod preview;
mod recipient;
mod templates;
pub mod unsubscribe;

pub use self::compose::{Composer, Mail};
pub use self::recipient::{BadRecipient, Recipient};
pub use self::templates::{Rendered, Templates, Unrenderable};
