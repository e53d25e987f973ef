//! A session of a user.

use time::OffsetDateTime;

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Session {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    /// Goes into the MAC of its refresh tokens.
    pub(crate) salt: Vec<u8>,
    /// The number of the refresh token that is due.
    pub(crate) generation: i32,
    /// Whether the pair of this generation has been used.
    pub(crate) generation_used: bool,
    pub(crate) user_agent: String,
    pub(crate) ip_prefix: String,
    pub(crate) created_at: OffsetDateTime,
    /// When a credential of it was last used; a few seconds late.
    pub(crate) last_seen_at: OffsetDateTime,
    /// When it ends unless it is refreshed.
    pub(crate) idle_until: OffsetDateTime,
    /// When it ends at the latest.
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

impl Session {
    pub(crate) fn is_live(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && now < self.idle_until && now < self.expires_at
    }
}
