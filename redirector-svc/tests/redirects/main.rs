//! The redirector from outside: over sockets, with a real Redis and a LinkService of the tests' own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
mod clicks;
mod crash;
mod hostile;
mod limited;
mod statuses;
mod support;
