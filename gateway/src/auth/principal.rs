//! A verified caller.

use std::fmt;
use std::sync::Arc;

/// Who calls: a session or an API key that was verified and exchanged for an internal token.
#[derive(Clone)]
pub struct Principal {
    /// The account.
    pub user_id: i64,
    /// The session, when the credential was an access token.
    pub session_id: Option<i64>,
    /// The API key, when the credential was one.
    pub api_key_id: Option<i64>,
    /// PASETO v4.public that the services verify themselves; already part of the call context of a request.
    pub internal_token: Arc<str>,
    /// Workspaces of the account (of the key: its one) with role and plan.
    pub workspaces: Arc<[curtail_tokens::Membership]>,
    /// What an API key may do; empty for sessions, which may do everything their role allows.
    pub scopes: Arc<[curtail_tokens::Scope]>,
    /// Platform role `admin`.
    pub platform_admin: bool,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("user_id", &self.user_id)
            .field("session_id", &self.session_id)
            .field("api_key_id", &self.api_key_id)
            .finish_non_exhaustive()
    }
}
