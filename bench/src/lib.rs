//! What the measuring programs share: an open-loop load, percentiles, clients of the platform under test, and clicks that are
//! made up, with questions about them.

pub mod clicks;
pub mod load;
pub mod own_gateway;
pub mod platform;
pub mod questions;
pub mod visit;
