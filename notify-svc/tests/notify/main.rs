//! notify-svc on a real PostgreSQL and Redis, with a real SMTP dialogue at the other end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod corpus;
mod encryption;
mod events;
mod faults;
mod preferences;
mod receiver;
mod sending;
mod texts;
mod webhooks;
mod world;
