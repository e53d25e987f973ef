//! What is known about codes: in the process, in Redis, and from the owner over gRPC.
//!
//! A warm code needs nothing but the process. Changes come with the stream of link events and replace an entry only when
//! they are newer; a refill that was overtaken by an event is refused the same way, so a link never goes back in time.
//! While the stream is interrupted, changes are missed: entries are *unverified*, and a hit asks the owner
//! first, at most once a second for each entry; when there is no answer in time, the entry serves as it is.

mod fill;
mod freshness;
mod key;
mod local;
mod lookup;
mod shared;
mod single_flight;
mod tail;

pub use fill::Unavailable;
pub use key::{DomainId, Key, KeyRef};
pub use local::CachedLink;
pub use lookup::{CacheLookup, Links, Settings};
pub use shared::Shared;
pub use tail::follow;
