//! Operations on API keys.

pub mod create;
pub mod list;
pub mod revoke;

/// The heading of these operations.
const TAG: &str = "API keys";
