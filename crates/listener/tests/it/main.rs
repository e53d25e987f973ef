//! A listener against clients that speak TCP as they like.

mod connections;
mod http2;
mod wire;
