//! What is kept of a visit, and which visits are clicks.

pub mod agent;
mod capture;
mod fields;
mod visitor;

pub use capture::{Capture, Visit};
pub use visitor::VisitorHash;
