//! What each job does.

pub(crate) mod archive_links;
pub(crate) mod expire_links;
pub(crate) mod forget_dead_letters;
pub(crate) mod forget_runs;
pub(crate) mod trim_streams;
pub(crate) mod warn_expiring;

/// Links in one batch: a transaction of some ten milliseconds.
const BATCH: u32 = 500;
