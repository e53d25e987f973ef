//! notify-svc on a real PostgreSQL, asked over gRPC.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod preferences;
mod webhooks;
mod world;
