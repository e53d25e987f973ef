//! shortener-svc through its gRPC port, on a real PostgreSQL and Redis.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

mod access;
mod app;
mod archive;
mod bulk;
mod change;
mod change_many;
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
mod tag_changes;
mod tags;
mod takedown;
