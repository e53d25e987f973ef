//! GraphQL over WebSocket with the subprotocol graphql-transport-ws.
//!
//! async-graphql-axum closes with codes of WebSocket where the protocol has its own, and bounds neither operations nor sockets.
//! See <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

mod close;
mod handshake;
mod message;
mod session;

pub use close::Close;
pub use handshake::{Upgrade, is_requested};
pub use session::{Reply, SocketHandler, SocketSettings};
