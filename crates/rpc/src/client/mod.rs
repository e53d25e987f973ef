//! The one factory of gRPC channels, and what it adds to every call.

mod breaker;
mod budget;
mod channel;
mod metrics;
mod outcome;
mod window;

pub use channel::{Channel, connect};
