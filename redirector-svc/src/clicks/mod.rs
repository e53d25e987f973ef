//! What is kept of a visit, and which visits are clicks.

mod capture;
mod fields;
mod visitor;

pub use capture::{Capture, Visit};
pub use visitor::VisitorHash;
