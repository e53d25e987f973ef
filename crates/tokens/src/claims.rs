//! What a token says.

use time::OffsetDateTime;

use crate::{Plan, Role, Scope};

/// Who the bearer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user by id.
    User(i64),
    /// A service by name, for calls on its own behalf.
    Service(String),
}

/// A workspace that the bearer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The workspace.
    pub id: i64,
    /// What the bearer may do in it.
    pub role: Role,
    /// Its quota class.
    pub plan: Plan,
}

/// The content of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who the bearer is.
    pub subject: Subject,
    /// The session that the token was issued for.
    pub session_id: Option<i64>,
    /// The API key that the token was issued for.
    pub api_key_id: Option<i64>,
    /// When it was issued; kept to the millisecond.
    pub issued_at: OffsetDateTime,
    /// From when on it is refused; kept to the millisecond.
    pub expires_at: OffsetDateTime,
    /// The workspaces of the bearer.
    pub workspaces: Vec<Membership>,
    /// What an API key may do; empty for sessions, which may do all that the roles allow.
    pub scopes: Vec<Scope>,
    /// Whether the bearer administers the platform.
    pub platform_admin: bool,
    /// Unique id of the token.
    pub token_id: String,
}
