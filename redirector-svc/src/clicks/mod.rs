//! What is kept of a visit, and which visits are clicks.

pub mod agent;
mod campaign;
mod capture;
mod fields;
mod visitor;

pub use campaign::campaign;
pub use capture::{Capture, Visit};
pub use visitor::VisitorHash;
