//! The SQL of the schema, one file a table.

pub mod choices;
pub mod messages;
pub mod phone_numbers;
pub mod phone_quotas;
