//! Who calls: any credential becomes a short-lived internal token that the services verify themselves.

mod authenticator;
mod credential;
mod follow;
mod monitor;
mod principal;
mod revocations;

pub use authenticator::{Authenticated, Authenticator};
pub use credential::{Credential, Malformed, find};
pub use follow::follow;
pub use monitor::{CredentialMonitor, CredentialStatus};
pub use principal::Principal;
pub use revocations::Revocations;
