//! What stays open: connections that answer for longer than a request, and where their answers come from.
//!
//! - [`vigil`]: the credential of such a connection, checked for as long as it is open.
//! - [`feed`]: the streams of the services, one for all subscriptions that ask for the same with the same credential.
//! - [`places`]: how many connections there may be, in all and of one user.

pub mod feed;
pub mod places;
mod recent;
pub mod vigil;

pub use feed::Feeds;
pub use places::{Owner, Place, Places};
pub use vigil::{Standing, Vigil};
