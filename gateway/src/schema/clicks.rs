//! Clicks as they happen.

use async_graphql::{ID, SimpleObject};
use curtail_proto::analytics::v1 as pb;
use curtail_proto::instant;
use time::OffsetDateTime;

use super::scalars::{Long, id};

/// Clicks since the previous event.
#[derive(SimpleObject, Debug, Clone)]
pub struct ClickBatch {
    /// The clicks, in the order in which they were counted.
    pub nodes: Vec<LiveClick>,
    /// Clicks of the workspace that were counted but skipped here: too many in one second, or this client reads too
    /// slowly.
    pub skipped: Long,
}

/// One click. It does not identify the visitor; null means unknown.
#[derive(SimpleObject, Debug, Clone)]
pub struct LiveClick {
    /// The same click has the same id in every subscription.
    pub id: ID,
    /// When the click happened.
    pub at: Option<OffsetDateTime>,
    /// The link.
    pub link_id: ID,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<String>,
    /// Code or name of the first subdivision.
    pub region: Option<String>,
    /// Name in English.
    pub city: Option<String>,
    /// `desktop`, `mobile`, `tablet`, `console` or `bot`.
    pub device: Option<String>,
    /// Family of the operating system.
    pub os: Option<String>,
    /// Family of the browser.
    pub browser: Option<String>,
    /// `de` or `de-CH`.
    pub language: Option<String>,
    /// Host of the referring page.
    pub referrer: Option<String>,
    /// `paid`, `email`, `social`, `search`, `referral` or `direct`.
    pub channel: Option<String>,
    /// A bot: a program that identifies itself.
    pub bot: bool,
    /// A scan of a QR code.
    pub qr: bool,
}

impl From<pb::LiveClick> for LiveClick {
    fn from(click: pb::LiveClick) -> Self {
        let text = |value: String| (!value.is_empty()).then_some(value);
        Self {
            id: ID(click.id),
            at: instant(click.at),
            link_id: id(click.link_id),
            country: text(click.country),
            region: text(click.region),
            city: text(click.city),
            device: text(click.device),
            os: text(click.os),
            browser: text(click.browser),
            language: text(click.language),
            referrer: text(click.referrer),
            channel: text(click.channel),
            bot: click.bot,
            qr: click.qr,
        }
    }
}

impl From<pb::WatchClicksResponse> for ClickBatch {
    fn from(message: pb::WatchClicksResponse) -> Self {
        Self {
            nodes: message.clicks.into_iter().map(LiveClick::from).collect(),
            skipped: Long(i64::try_from(message.skipped).unwrap_or(i64::MAX)),
        }
    }
}
