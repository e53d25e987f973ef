//! What stays open: connections that answer for longer than a request, and where their answers come from.
//!
//! - [`vigil`]: the credential of such a connection, checked for as long as it is open.
//! - [`feed`]: what the services tell, one stream for all subscriptions that ask for the same with the same credential.
//! - [`source`]: such a stream, opened again before its token ends and after it was lost.
//! - [`places`]: how many connections there may be, in all and of one user.

pub mod feed;
pub mod places;
mod recent;
pub mod source;
pub mod vigil;

pub use feed::{Clicks, Feeds, LinkChanges};
pub use places::{Owner, Place, Places};
pub use vigil::{Standing, Vigil};
