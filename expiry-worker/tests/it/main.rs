//! Jobs with a real shortener-svc, PostgreSQL and Redis.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

mod by_hand;
mod dead_letters;
mod workers;
mod world;
