//! notify-svc: tells people what happened, by mail and by webhook.

mod start;

pub use self::start::{Running, run, start};
