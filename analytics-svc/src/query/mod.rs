//! Answers questions about clicks.
//!
//! Without filters the [`rollups`] answer; filters and breakdowns need the [`raw`] clicks. What is not kept any more is
//! answered by the next coarser level ([`kept`]).
//! A range is rounded outwards to whole minutes, so that both count the same clicks.

pub mod buckets;
pub mod dimension;
pub mod export;
pub mod filter;
pub mod kept;
pub mod pieces;
pub mod range;
pub mod raw;
pub mod rollups;
pub mod scope;
pub mod tally;
pub mod trending;
