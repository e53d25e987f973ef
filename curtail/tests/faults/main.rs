//! The whole platform as processes, broken on purpose.
//!
//! The services run as in production, each a process of its own (`curtail service …`), on real stores; everything is
//! driven from outside: GraphQL, clicks, signals.

mod account;
mod changes;
mod committed;
mod edges;
mod erasure;
mod exactly_once;
mod expiry;
mod f07_partitions;
mod hooks;
mod inbox;
mod ledger;
mod load;
mod platform;
mod postgres_away;
mod questions;
mod redis_away;
mod remains;
mod saboteur;
mod steady;
mod traces;
mod up;
mod visitor;
mod workers;
mod world;
