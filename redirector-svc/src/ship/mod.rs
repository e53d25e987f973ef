//! From the spool to the click streams.
//!
//! One task sends the clicks of all producers of this process, its own and those it adopted from dead ones, as
//! `ClickBatch`es. A producer's clicks go to one stream in their order. What is sent is kept until analytics-svc has
//! *counted* it: the consumer writes the last counted number of each producer to the hash `clicks:counted`, and asks for
//! a repetition in `clicks:replay` when it sees a gap. Clicks may be sent twice, never skipped; the consumer trims what it
//! has already. So a lost reply, a lost Redis or a lost process on either side only means sending again.

mod adopt;
mod producer;
mod run;
mod shipment_tracker;
mod source;

pub use producer::Producer;
pub use run::{Settings, Shipper};
pub use shipment_tracker::ShipmentTracker;
