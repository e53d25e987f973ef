//! Who calls: any credential becomes a short-lived internal token that the services verify themselves.

mod authenticator;
mod credential;
mod follow;
mod revocations;

pub use authenticator::{Authenticated, Authenticator};
pub use credential::{Credential, Malformed, find};
pub use follow::follow;
pub use revocations::Revocations;
