//! Changes of links as they happen, for those who watch.
//!
//! They come from the stream `links`, which every replica can follow, so it does not matter which one made a change. It is followed
//! only while someone watches: a create costs a replica without watchers nothing.
//!
//! [`Rooms`] hands the changes to the watchers of this replica, [`change`] makes them of events.

mod change;
mod rooms;

pub use rooms::Rooms;
