//! The public edge: what the gateway and the redirector both read from a request before they trust any of it.
//!
//! | module | what it reads |
//! |---|---|
//! | [`client_ip`] | the client's address behind trusted proxies |
//! | [`client_network`] | the network that limits and statistics count as one client |
//!
//! Every parser here is strict and pure: it takes headers and settings and returns a value. It never writes a response.

mod client_ip;
mod client_network;

pub use client_ip::{ClientIp, ip_prefix};
pub use client_network::ClientNetwork;
