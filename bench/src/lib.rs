//! What the measuring programs share: an open-loop load, percentiles, a client of the platform under test, and clicks that are
//! made up.

pub mod clicks;
pub mod load;
pub mod platform;
