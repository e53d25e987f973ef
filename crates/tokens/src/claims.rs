//! What a token says.

use time::{Duration, OffsetDateTime};

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

impl Claims {
    /// Claims of a subject, valid for `life` from `issued_at`, without session, key, workspaces, scopes or id.
    pub fn new(subject: Subject, issued_at: OffsetDateTime, life: Duration) -> Self {
        Self {
            subject,
            session_id: None,
            api_key_id: None,
            issued_at,
            expires_at: issued_at + life,
            workspaces: Vec::new(),
            scopes: Vec::new(),
            platform_admin: false,
            token_id: String::new(),
        }
    }

    /// The same, issued for a session.
    #[must_use]
    pub fn session(self, id: i64) -> Self {
        Self { session_id: Some(id), ..self }
    }

    /// The same, issued for an API key with these scopes.
    #[must_use]
    pub fn api_key(self, id: i64, scopes: Vec<Scope>) -> Self {
        Self { api_key_id: Some(id), scopes, ..self }
    }

    /// The same with one more workspace.
    #[must_use]
    pub fn member_of(mut self, id: i64, role: Role, plan: Plan) -> Self {
        self.workspaces.push(Membership { id, role, plan });
        self
    }

    /// The same with the unique id of the token.
    #[must_use]
    pub fn token_id(self, id: impl Into<String>) -> Self {
        Self { token_id: id.into(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_built_from_a_subject_on() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let claims =
            Claims::new(Subject::User(7), at, Duration::MINUTE).session(70).member_of(10, Role::Editor, Plan::Pro);
        assert_eq!((claims.expires_at, claims.session_id, claims.api_key_id), (at + Duration::MINUTE, Some(70), None));
        assert_eq!(claims.workspaces, [Membership { id: 10, role: Role::Editor, plan: Plan::Pro }]);
        let key = Claims::new(Subject::User(7), at, Duration::MINUTE).api_key(2, vec![Scope::Read]).token_id("t");
        assert_eq!((key.session_id, key.api_key_id, key.token_id.as_str()), (None, Some(2), "t"));
        assert_eq!(key.scopes, [Scope::Read]);
        assert!(!key.platform_admin && key.workspaces.is_empty());
    }
}
