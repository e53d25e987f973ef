//! The one factory of gRPC servers, and what every call goes through before a handler sees it.

mod admit;
mod health;
mod message;
pub(crate) mod observe;
mod serve;
mod stream;

pub use serve::Server;
