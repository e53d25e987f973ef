//! From the click streams to rows and counters.
//!
//! [`Shards`] runs one [session](session) for each stream whose lease this process holds. A session reads entries, checks
//! the [positions](positions) of their producers, [enriches](enricher) the clicks, adds them up ([`rollups`]) and hands the
//! batch to [`commit`], while the next one is being prepared.

mod batch;
mod commit;
mod copy;
mod counted;
mod enricher;
mod entries;
mod lease;
mod load;
mod measure;
mod portion;
mod positions;
mod prepare;
mod rollups;
mod row;
mod session;
mod shards;

pub use commit::CommitError;
pub use entries::GROUP;
pub use load::Loader;
pub use row::Row;
pub use shards::Shards;

#[cfg(test)]
pub(crate) mod testing;
