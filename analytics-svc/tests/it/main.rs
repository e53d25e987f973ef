//! analytics-svc on a real PostgreSQL and a real Redis, fed as redirectors feed it and asked over gRPC.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod alerts;
mod counting;
mod dimensions;
mod erasure;
mod export;
mod faults;
mod folding;
mod folding_faults;
mod geo;
mod links;
mod live;
mod mmdb;
mod owners;
mod publish;
mod refused;
mod retention;
mod series;
mod totals;
mod trending;
mod world;
