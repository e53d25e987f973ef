//! The fixture of the tests.

mod consumer;
mod owner;
mod site;
mod wire;

pub use consumer::Consumer;
pub use owner::{Owner, link};
pub use site::Site;
pub use wire::{Answer, exchange, get};

use std::time::Duration;

/// How long a condition may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
