//! The gateway: GraphQL over HTTP in front of the services that own the data.

pub mod request;
pub mod schema;
pub mod upstreams;
