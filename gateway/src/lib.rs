//! The gateway: GraphQL over HTTP in front of the services that own the data.
//!
//! | module | what it does |
//! |---|---|
//! | [`http`] | GraphQL over HTTP: form, origin, host, sizes, answers, headers, the playground |
//! | [`limits`] | bounds of an operation, before it is executed |
//! | [`auth`] | any credential becomes an internal token; revocations |
//! | [`live`] | what stays open: credentials of connections, streams of the services, places |
//! | [`rate`] | how often somebody may ask |
//! | [`reload`] | a changed configuration without a restart |
//! | [`rest`] | the REST API: operations, problems, the OpenAPI document |
//! | [`schema`] | types, resolvers and loaders |
//! | [`usage`] | which fields and operations are asked for |
//!
//! The gateway owns no data and decides nothing about it: it verifies who calls and passes that on in a signed token; the
//! services decide.

pub mod app;
pub mod auth;
pub mod cookies;
pub mod error;
pub mod http;
pub mod limits;
pub mod live;
pub mod overload;
mod qr;
pub mod rate;
pub mod reload;
pub mod request;
pub mod rest;
mod router;
pub mod schema;
mod start;
pub mod upstreams;
pub mod usage;

pub use start::{run, start};
