//! Rate limits.
//!
//! - [`address`]: requests per client network, counted in this process before anything else is looked at. A flood costs next to
//!   nothing.
//! - [`shared`]: token buckets in Redis that all gateways share, per user, API key or anonymous address, charged by the
//!   cost of the operation.

pub mod address;
pub mod shared;
