//! The SQL of the schema `upkeep`.

pub(crate) mod claim;
pub(crate) mod runs;
pub mod status;
