//! Streams against a real Redis and a real PostgreSQL, with the faults they must bear.

mod kit;

mod consumers;
mod dead_letters;
mod groups;
mod relays;
mod tails;
mod trimming;
