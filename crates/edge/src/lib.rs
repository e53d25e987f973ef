//! The public edge: what the gateway and the redirector both read from a request before they trust any of it.
//!
//! | type | what it reads |
//! |---|---|
//! | [`ClientIp`] | the client's address behind trusted proxies |
//! | [`ClientNetwork`] | the network that limits and statistics count as one client |
//! | [`media_ranges`] | the media ranges of `Accept`, with their weights |
//! | [`AllowedHosts`] | whether the request names a host that is served here |
//! | [`AllowedOrigins`] | whether a page of ours made the browser send the request |
//!
//! Every parser here is strict and pure: it takes headers and settings and returns a value. It never writes a response.

mod accept;
mod client_ip;
mod client_network;
mod host;
mod origin;

pub use accept::{MediaRange, media_ranges};
pub use client_ip::{ClientIp, ip_prefix};
pub use client_network::ClientNetwork;
pub use host::AllowedHosts;
pub use origin::{AllowedOrigins, RequestOrigin};
