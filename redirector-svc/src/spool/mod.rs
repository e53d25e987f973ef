//! Clicks on the local disk between the answer and the stream.
//!
//! Each serving thread is a *producer*: it has a directory of its own, named by 16 random bytes, and appends each click to
//! the newest segment there with a `write(2)` before the visitor gets the answer; clicks at hand together share one ([`commit`]). What was written survives `kill -9`,
//! because the page cache belongs to the system; a power failure can take what was not yet flushed ([`sync`]).
//!
//! ```text
//! spool/<producer, 32 hex digits>/lock                       held with flock while its process lives
//!                                 00000000000000000001.seg   records of clicks 1, 2, …
//!                                 00000000000000070211.seg   the next segment, named by its first click
//!                                 counted                    the last click known to be counted
//! ```
//!
//! A directory whose lock is free belongs to a dead process and is adopted by a living one ([`ProducerDir`]). Nothing is ever
//! rewritten: segments go when all their clicks are counted.

pub mod commit;
pub mod producer_dir;
pub mod reader;
pub mod record;
pub mod segment;
pub mod sync;
pub mod usage;
mod wake_signal;
pub mod writer;

pub use commit::{ClickWrite, Commit};
pub use producer_dir::{ProducerDir, ProducerId};
pub use reader::{Batch, Reader};
pub use usage::Usage;
pub use wake_signal::WakeSignal;
pub use writer::{DropReason, Spool};
