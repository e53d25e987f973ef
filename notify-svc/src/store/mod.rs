//! The SQL of the schema, one file a table.

pub mod choices;
pub mod messages;
