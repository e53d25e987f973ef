//! GraphQL over WebSocket with the subprotocol graphql-transport-ws, of our own instead of async-graphql-axum: that one closes
//! with codes of WebSocket where the protocol has its own, and bounds neither operations nor sockets.
//! See <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

mod close;
mod handshake;
mod init;
mod message;
mod session;

pub use handshake::{accept, is_asked};
