//! Redis Streams as Curtail uses them: at least once, in order, nothing cut off before everybody had it.
//!
//! - [`connect`]: the pool of a process; [`is_unavailable`], [`server_run_id`].
//! - [`Relay`]: publishes the outbox of a service. It fills a stream again, with the same entries, when Redis lost it.
//! - [`Consumer`]: handles the events of a stream as member of a consumer group, with a dead-letter stream.
//! - [`Tail`]: follows a stream without a group, for processes that each must see everything.
//! - [`Group`], [`append`], [`set_aside`]: the pieces below, for streams that carry something other than envelopes.
//! - [`DeadLetters`]: what could not be handled, for a person to look at and to hand out once more.
//! - [`Erased`]: which events are about an account that was erased.
//! - [`topology`]: every name in Redis with its owner and readers.
//! - [`trim_behind_groups`]: cuts a stream at the slowest group.
//!
//! An event stream has one entry for each `curtail.events.v1.Envelope`, in the field `e`. Redis must not evict
//! (`noeviction`) and should keep an append-only file.

mod connect;
mod consumer;
mod dead_letter;
mod entry;
mod erased;
mod group;
mod lag;
mod publish;
mod relay;
mod tail;
pub mod topology;
mod trim;

pub use connect::{connect, is_unavailable, server_run_id, subscriber};
pub use consumer::{Consumer, Delivery, Outcome};
pub use dead_letter::{DeadLetter, DeadLetters, Head, Redriven, set_aside};
pub use entry::{Entry, EntryId, append};
pub use erased::Erased;
pub use group::Group;
pub use lag::{Lag, lag};
pub use relay::{Relay, RelayHandle};
pub use tail::{Tail, TailEvent};
pub use topology::{ENVELOPE_FIELD, dead_letter_stream};
pub use trim::trim_behind_groups;
