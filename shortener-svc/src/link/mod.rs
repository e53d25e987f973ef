//! A link: what is stored of it, what may be entered, and what others are told.

pub mod draft;
pub mod event;
pub mod patch;
pub mod snapshot;
pub mod state;
pub(crate) mod text;
pub mod time_field;

use serde::Serialize;
use time::OffsetDateTime;
use time::serde::rfc3339;

pub use self::draft::Draft;
use crate::tags::Tag;

/// A link as stored. Instants have microseconds, as PostgreSQL keeps them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct Link {
    /// Snowflake; tells when the link was made.
    pub id: i64,
    /// The workspace it belongs to.
    pub workspace_id: i64,
    /// The user who made it.
    pub creator_id: i64,
    /// Host of the short domain.
    pub domain: String,
    /// Code on that domain, NFC.
    pub code: String,
    /// Destination in stored form.
    pub url: String,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// For the workspace's eyes.
    pub notes: String,
    /// Its name in another system.
    pub external_id: String,
    /// Names of its tags, sorted.
    pub tags: Vec<String>,
    /// Colours of `tags`, in their order.
    #[serde(skip)]
    pub tag_colors: Vec<String>,
    /// Grows by one with each change.
    pub version: i64,
    /// When it last changed.
    #[serde(with = "rfc3339")]
    pub updated_at: OffsetDateTime,
    /// It does not redirect before.
    #[serde(with = "rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
    /// It does not redirect from then on.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// 0: no limit. At most [`crate::limits::MAX_CLICKS`].
    pub max_clicks: i32,
    /// Clicks that were granted under a limit.
    pub used_clicks: i32,
    /// 301, 302, 307 or 308.
    pub redirect_status: i16,
    /// Whether the visitor's query is passed on.
    pub forward_query: bool,
    /// Where visitors go when it does not redirect; empty: nowhere.
    pub fallback_url: String,
    /// Switched off by hand.
    pub disabled: bool,
    /// Set while the link is taken down: what the operator tells the owner and visitors about it.
    pub block_reason: Option<String>,
    /// Since when it is deleted.
    #[serde(with = "rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
}

impl Link {
    /// The tags that the link carries, sorted by name, each once.
    pub fn set_tags(&mut self, mut tags: Vec<Tag>) {
        tags.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        tags.dedup_by(|a, b| a.name == b.name);
        (self.tags, self.tag_colors) = tags.into_iter().map(|tag| (tag.name, tag.color)).unzip();
    }

    /// Whether its clicks are limited and used up.
    pub fn is_exhausted(&self) -> bool {
        self.max_clicks > 0 && self.used_clicks >= self.max_clicks
    }
}

/// `at` as PostgreSQL keeps it.
pub fn to_micros(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).expect("fewer nanoseconds than before")
}

#[cfg(test)]
pub(crate) mod testing;
