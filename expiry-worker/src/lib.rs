//! expiry-worker: what has to happen because time passes.

mod start;

pub use self::start::{Running, run, start};
