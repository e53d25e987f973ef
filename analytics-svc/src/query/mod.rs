//! Answers questions about clicks.
//!
//! Without filters the [`rollups`] answer. [Breakdowns](top) and sums of what passes [one filter](filtered) come from the rows
//! of [folded] days and, for what is not folded, from the [`raw`] clicks; several filters and breakdowns of what passes a filter
//! of another dimension always need those. What is not kept any more is answered by the next coarser level ([`kept`]).
//! A range is rounded outwards to whole minutes, so that both count the same clicks.

pub mod buckets;
pub mod dimension;
pub mod export;
pub mod filter;
pub mod filtered;
pub mod folded;
pub mod kept;
pub mod parts;
pub mod pieces;
pub mod range;
pub mod raw;
pub mod rollups;
pub mod scope;
pub mod tally;
pub mod top;
pub mod trending;
