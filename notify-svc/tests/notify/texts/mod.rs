//! Text messages, with a receiver on loopback that behaves like Twilio's API.

mod api;
mod kit;
mod news;
mod numbers;
mod quotas;
mod sending;
mod trouble;
