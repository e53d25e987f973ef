//! Calls between services: one factory for servers ([`Server`]), one for clients ([`connect`]), one list of errors
//! ([`Error`], [`Code`]).
//!
//! tonic ships with nothing switched on: no deadline, no limit, no keep-alive, no shedding. What every call needs is set
//! here once, and a test fails when a server or a channel is made anywhere else.
//!
//! | | server | client |
//! |---|---|---|
//! | time | `grpc-timeout`, at most the configured time; [`deadline`] | `grpc-timeout` of the [`CallContext`], else the configured time |
//! | load | calls in flight, shed with UNAVAILABLE and RetryInfo | calls in flight, circuit breaker, retry budget |
//! | streams | beginning as any call, then a place of their own until drain, the token's end or a longest life | a place, no deadline after the beginning |
//! | caller | signed token verified before any handler; [`caller`], [`user`], [`service`] | the user's internal token or the service's own ([`ServiceIdentity`]) |
//! | health | `grpc.health.v1` follows readiness, two-stage drain | keep-alive pings, reconnects |
//! | sight | span of the caller's trace, request id, `rpc_server_*` | trace and request id go on, `rpc_client_*` |

mod caller;
mod client;
mod code;
mod context;
mod deadline;
mod error;
mod identity;
mod key_ring;
mod keys;
mod metrics;
mod server;
mod status;
mod streaming;
mod verifier;

pub use caller::{Caller, UserCaller, caller, service, user};
pub use client::{Channel, connect};
pub use code::Code;
pub use context::CallContext;
pub use deadline::deadline;
pub use error::Error;
pub use identity::ServiceIdentity;
pub use key_ring::KeyRingCache;
pub use keys::Keys;
pub use server::Server;
pub use verifier::Verifier;

/// The longest header list in bytes: a token with hundreds of memberships and some room.
const MAX_HEADER_BYTES: u32 = 32 * 1024;
