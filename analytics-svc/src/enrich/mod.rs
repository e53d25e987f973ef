//! What is learned about a click beside what the redirector saw: device, bot, place, channel, campaign, language.
//!
//! Everything here is about strings that visitors chose. They are cut to a bound, stripped of control characters and never
//! end in an error: what cannot be understood is not known.

mod agent;
mod bots;
mod channel;
mod geo;
mod language;
mod text;
mod utm;

pub use agent::{Agent, Agents};
pub use bots::Crawlers;
pub use channel::Channel;
pub use geo::{Geo, GeoError, Place, Places};
pub use language::language;
pub use text::{MAX_USER_AGENT, MAX_VALUE, clean};
pub use utm::Campaign;
