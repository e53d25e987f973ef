//! A link: what is stored of it, what may be entered, and what others are told.

pub mod draft;
pub mod event;
pub mod patch;
pub mod snapshot;
pub mod state;
pub mod tag;
mod text;
pub mod time_field;

use time::OffsetDateTime;

pub use self::draft::Draft;

/// A link as stored. Instants have microseconds, as PostgreSQL keeps them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
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
    pub tag_colors: Vec<String>,
    /// Grows by one with each change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// It does not redirect before.
    pub starts_at: Option<OffsetDateTime>,
    /// It does not redirect from then on.
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
    /// Taken down by the operator, and why.
    pub block_reason: Option<String>,
    /// Since when it is deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

impl Link {
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
