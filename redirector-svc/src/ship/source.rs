//! Where the clicks of a producer come from.

use std::sync::Arc;

use crate::spool::{Home, Spool};

/// A directory of clicks, and whether more can come.
pub(super) enum Source {
    /// A serving thread still writes.
    Live(Arc<Spool>),
    /// Its process is dead: nothing comes after `end`.
    Adopted { home: Home, end: u64 },
}

impl Source {
    /// The directory.
    pub(super) fn home(&self) -> &Home {
        match self {
            Self::Live(spool) => spool.home(),
            Self::Adopted { home, .. } => home,
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
