//! S17, S18: who may do what, by every way in: each field of the schema, each route and each RPC, tried by each kind of caller.
//!
//! `expectations.txt` says what is expected; [`table`] reads it. What must have an expectation is taken from the schema, the
//! routes and the contracts themselves, so that nothing can be added without one. [`world`] is what the calls are about: two
//! workspaces that know nothing of each other, with members of each role.

mod caller;
mod calls;
mod doc;
mod fresh;
mod graphql;
mod guessing;
mod http;
mod judge;
mod rpc_calls;
mod rpcs;
mod schema;
mod session;
mod table;
mod world;
