//! auth-svc through a real gRPC server on a real PostgreSQL and Redis.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin;
mod api_keys;
mod audit;
mod by_mail;
mod callers;
mod erasure;
mod exchange;
mod guessing;
mod injection;
mod key_rotation;
mod login;
mod login_timing;
mod outage;
mod passwords;
mod recipients;
mod registration;
mod sessions;
mod test_app;
mod workspaces;
