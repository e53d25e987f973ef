//! Requests and answers.

mod accept;
mod handle;
mod host;
mod path;
mod reply;
mod response_future;
mod sockets;
mod visit;

pub use accept::{Server, Worker, serve};
pub use handle::App;
pub use host::Hosts;
pub use reply::{Body, CachePolicy, refusal};
pub use sockets::listen;
