//! Where the clicks of a producer come from.

use std::sync::Arc;

use crate::spool::{ProducerDir, Spool};

/// A directory of clicks, and whether more can come.
pub(super) enum Source {
    /// A serving thread still writes.
    Live(Arc<Spool>),
    /// Its process is dead: nothing comes after `end`.
    Adopted { dir: ProducerDir, end: u64 },
}

impl Source {
    /// The directory.
    pub(super) fn dir(&self) -> &ProducerDir {
        match self {
            Self::Live(spool) => spool.dir(),
            Self::Adopted { dir, .. } => dir,
        }
    }

    /// Number of the first click that is not there yet.
    pub(super) fn end(&self) -> u64 {
        match self {
            Self::Live(spool) => spool.next_seq(),
            Self::Adopted { end, .. } => *end,
        }
    }
}
