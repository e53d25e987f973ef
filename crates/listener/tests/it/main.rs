//! A listener against clients that speak TCP as they like.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connections;
mod http2;
mod wire;
