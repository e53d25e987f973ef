//! Requests and answers.

mod accept;
mod answering;
mod handle;
mod host;
mod path;
mod reply;
mod sockets;
mod visit;

pub use accept::{Lane, Server, serve};
pub use handle::App;
pub use host::Hosts;
pub use reply::{Body, CachePolicy, refusal};
pub use sockets::listen;
