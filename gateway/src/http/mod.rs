//! GraphQL over HTTP, of our own instead of async-graphql-axum: that one runs mutations by GET, parses any content type,
//! takes multipart and batches of any length and always answers 200.

pub(crate) mod assets;
mod batch;
mod errors;
pub(crate) mod graphql;
pub(crate) mod host;
mod operation;
mod operation_log;
pub(crate) mod pages;
pub mod pipeline;
pub(crate) mod playground;
pub(crate) mod request_log;
pub(crate) mod response;
pub(crate) mod security;
mod server;
pub(crate) mod size;
mod socket;
pub(crate) mod status;
pub(crate) mod unsubscribe;

pub(crate) use server::serve;
