//! search-worker: an index over the links of all workspaces, fed by the stream `links`.

mod start;

pub use self::start::{Running, run, start};
