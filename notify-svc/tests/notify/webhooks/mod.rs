//! Webhooks, with real receivers on loopback.

mod access;
mod delivering;
mod disabling;
mod failing;
mod fairness;
mod kit;
mod pruning;
pub mod receiver;
mod samples;
mod secrets;
mod settings;
mod streams;
mod tls;
