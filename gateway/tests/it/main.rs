//! The gateway from outside: real HTTP, real services in this process, real PostgreSQL and Redis.

#![allow(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod abandoned;
mod access;
mod another;
mod bombs;
mod docs;
mod erasure;
mod export;
mod f16_overload;
mod f17_retries;
mod form;
mod headers;
mod links;
mod live;
mod load;
mod mail;
mod members;
mod operation_log;
mod outcomes;
mod page_cost;
mod pages;
mod persisted;
mod phone;
mod platform;
mod recovery;
mod s15_credentials;
mod s16_bombs;
mod s17_silence;
mod s19_mass_assignment;
mod s20_forgery;
mod s27_addresses;
mod search;
mod sessions;
mod shared_limits;
mod socket;
mod transport_ws;
mod usage;
mod webhooks;
