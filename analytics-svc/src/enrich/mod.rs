//! What is derived from a click: place, channel, referrer, campaign, language. Devices and bots are `curtail-user-agent`.
//!
//! The input is strings that visitors chose. They are cut to a bound and stripped of control characters. None is an error:
//! what cannot be parsed is unknown.

mod agents;
mod channel;
mod geo;
mod language;
mod referrer;
mod text;
mod utm;

pub use agents::Agents;
pub use channel::Channel;
pub use geo::{Geo, GeoError, Place, Places};
pub use language::language;
pub use referrer::{Referrer, Referrers};
pub use text::{MAX_USER_AGENT, MAX_VALUE, clean, cut};
pub use utm::Campaign;
