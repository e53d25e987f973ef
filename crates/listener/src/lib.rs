//! The accept loop of every listener of the platform, and the bounds on what a connection may cost.
//!
//! HTTP servers of hyper and h2 bound single requests. What they leave open is bounded here, for every protocol alike:
//!
//! | what a client does | bound | module |
//! |---|---|---|
//! | opens connections and sends nothing | connections in all and per address; the oldest idle one is closed for a new one | [`limiter`] |
//! | sends a part of a preface or of a header block | a time for the first header block and for each later one of HTTP/2 | [`stream`] |
//! | floods HTTP/2 with frames that ask for nothing | a budget per connection, then GOAWAY | [`frames`] |
//! | sends a body slowly | a least rate after a grace period | [`request`] |
//! | does not read its responses | a least rate per response, bytes that wait per connection and per address | [`response`] |
//! | is refused again and again | a number of refusals per connection, then GOAWAY | [`Connection::refused`] |
//!
//! [`serve`] is the loop for HTTP/1.1 and HTTP/2. The redirector, which has a loop of its own for each thread, uses
//! [`Acceptor`] and [`GuardedStream`].
//!
//! Rejected: limits in the kernel (`nftables`, `connlimit`), because a fresh installation has none; one task per connection
//! that watches it, because a timer inside the stream costs nothing while a connection is busy.

mod accept;
mod connection;
mod frames;
mod limiter;
mod metrics;
mod request;
mod response;
mod serve;
mod stream;

use std::time::Duration;

use ipnet::IpNet;

pub use accept::Acceptor;
pub use connection::{Connection, RequestGuard, UnverifiedStream};
pub use limiter::{ConnectionLimiter, Permit};
pub use request::{BodyTooSlow, RequestBody};
pub use response::ResponseBody;
pub use serve::{Http, Protocols, serve};
pub use stream::{GuardedStream, Refusal};

/// What one listener allows. The defaults suit a port for machines of the platform.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Open connections in all. Never more than three quarters of the files that the process may open.
    pub max_connections: usize,
    /// Open connections of one IPv4 address or one /64 of IPv6.
    pub max_connections_per_address: usize,
    /// Networks of proxies, which carry many clients and are exempt from the bound per address.
    pub trusted: Vec<IpNet>,
    /// Time for the first header block of a connection, and for every later one once it has begun.
    pub header_timeout: Duration,
    /// How long a client may take no byte of a response.
    pub send_timeout: Duration,
    /// The least rate at which a client takes a response, after [`Bounds::send_timeout`].
    pub send_bytes_per_second: u64,
    /// How long a request body may take before its least rate counts.
    pub body_timeout: Duration,
    /// The least rate of a request body.
    pub body_bytes_per_second: u64,
    /// How long an HTTP/2 connection without requests stays open.
    pub idle_timeout: Duration,
    /// Bytes of HTTP/2 responses that wait for the client, per connection.
    pub waiting_bytes_per_connection: usize,
    /// Bytes of HTTP/2 responses that wait for the clients of one address.
    pub waiting_bytes_per_address: usize,
    /// Requests of one HTTP/2 connection that are worked on at once.
    pub calls_per_connection: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_connections_per_address: 1024,
            trusted: Vec::new(),
            header_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(10),
            send_bytes_per_second: 4096,
            body_timeout: Duration::from_secs(5),
            body_bytes_per_second: 1024,
            idle_timeout: Duration::from_secs(600),
            waiting_bytes_per_connection: 64 << 20,
            waiting_bytes_per_address: 256 << 20,
            calls_per_connection: 100_000,
        }
    }
}
