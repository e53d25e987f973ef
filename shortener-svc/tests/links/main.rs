//! shortener-svc through its gRPC port, on a real PostgreSQL and Redis.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

mod access;
mod archive;
mod bulk;
mod change;
mod clicks;
mod create;
mod erasure;
mod events;
mod expiry;
mod faults;
mod groups;
mod idempotency;
mod list;
mod live;
mod scan;
mod tags;
mod world;
