//! What the measuring programs share: an open-loop load, percentiles, and a client of the platform under test.

pub mod load;
pub mod platform;
