//! Jobs with a real shortener-svc, PostgreSQL and Redis.
#![allow(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked as such")]

mod app;
mod dead_letters;
mod manual;
mod workers;
