//! analytics-svc on a real PostgreSQL and a real Redis, fed as redirectors feed it and asked over gRPC.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod counting;
mod dimensions;
mod faults;
mod links;
mod owners;
mod publish;
mod series;
mod totals;
mod trending;
mod world;
