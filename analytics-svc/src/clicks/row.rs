//! A click as it is stored.

use std::sync::Arc;

use curtail_user_agent::UserAgent;

use crate::enrich::{Campaign, Channel, Place, Referrer};

/// One row of `clicks`.
#[derive(Debug, Clone)]
pub struct Row {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Owner of the link when it was clicked.
    pub workspace_id: i64,
    /// The link.
    pub link_id: i64,
    /// Hash of the day; 0 when the visitor asked not to be told apart from others.
    pub visitor: u64,
    /// A scan of a QR code.
    pub qr: bool,
    /// Device, system, browser, bot.
    pub agent: Arc<UserAgent>,
    /// Country, region, city.
    pub place: Arc<Place>,
    /// `de` or `de-CH`.
    pub language: Option<Arc<str>>,
    /// Site or app that the visitor came from.
    pub referrer: Option<Arc<Referrer>>,
    /// Kind of way.
    pub channel: Channel,
    /// `utm_*`; most clicks have none.
    pub campaign: Option<Box<Campaign>>,
}
