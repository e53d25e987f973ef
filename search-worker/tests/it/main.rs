//! search-worker through its gRPC port, on a real Redis and a real shortener-svc.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

mod access;
mod behaviours;
mod cluster;
mod engines;
mod events;
mod rebuild;
mod shedding;
mod world;
