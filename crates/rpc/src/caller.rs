//! Who calls, after the server has verified it.

use std::sync::Arc;

use curtail_tokens::{Claims, Membership, Plan, Role, Scope, Subject};
use time::OffsetDateTime;

use crate::{Code, Error};

/// Who calls. The server layer puts it into the extensions of every request before a handler sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// A service on its own behalf, by name.
    Service(String),
    /// A user, through the gateway.
    User(UserCaller),
}

/// A user with all that decides what the user may do.
#[derive(Clone, Debug, PartialEq)]
pub struct UserCaller {
    /// The account.
    pub user_id: i64,
    /// The session, if one was used.
    pub session_id: Option<i64>,
    /// The API key, if one was used.
    pub api_key_id: Option<i64>,
    /// Where the user is a member (an API key: of its one workspace).
    pub workspaces: Vec<Membership>,
    /// What the API key may do; empty for sessions.
    pub scopes: Vec<Scope>,
    /// Whether the user administers the platform.
    pub platform_admin: bool,
    /// Until when this was verified.
    pub expires_at: OffsetDateTime,
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        match claims.subject {
            Subject::Service(name) => Self::Service(name),
            Subject::User(user_id) => Self::User(UserCaller {
                user_id,
                session_id: claims.session_id,
                api_key_id: claims.api_key_id,
                workspaces: claims.workspaces,
                scopes: claims.scopes,
                platform_admin: claims.platform_admin,
                expires_at: claims.expires_at,
            }),
        }
    }
}

impl UserCaller {
    /// The user's membership of a workspace.
    pub fn membership(&self, workspace: i64) -> Option<Membership> {
        self.workspaces.iter().copied().find(|membership| membership.id == workspace)
    }

    /// The user's role in a workspace.
    pub fn role_in(&self, workspace: i64) -> Option<Role> {
        self.membership(workspace).map(|membership| membership.role)
    }

    /// Whether the credential reaches this far. A session reaches as far as the role; a key also needs the scope.
    pub fn allows(&self, wanted: Scope) -> bool {
        self.api_key_id.is_none() || self.scopes.iter().any(|scope| scope.includes(wanted))
    }

    /// Demands at least this role in the workspace and this scope, and tells the workspace's plan.
    ///
    /// # Errors
    /// `NOT_FOUND` without membership, so that callers do not learn which workspaces exist; `FORBIDDEN` when the role is too low
    /// or the key lacks the scope.
    pub fn require(&self, workspace: i64, role: Role, scope: Scope) -> Result<Plan, Error> {
        let membership = self
            .membership(workspace)
            .ok_or_else(|| Error::new(Code::NotFound, "WORKSPACE_NOT_FOUND", "there is no such workspace"))?;
        if membership.role < role {
            return Err(Error::new(Code::Forbidden, "ROLE_TOO_LOW", "your role in this workspace does not allow this"));
        }
        if !self.allows(scope) {
            return Err(Error::new(Code::Forbidden, "SCOPE_MISSING", "this API key does not have the scope for this"));
        }
        Ok(membership.plan)
    }
}

/// Who makes this request.
///
/// # Errors
/// `UNAUTHENTICATED` when it did not come through the server layer.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<&Caller, Error> {
    request.extensions().get::<Arc<Caller>>().map(Arc::as_ref).ok_or_else(|| Error::of(Code::Unauthenticated))
}

/// The user who makes this request.
///
/// # Errors
/// `UNAUTHENTICATED` when a service calls on its own behalf.
pub fn user<T>(request: &tonic::Request<T>) -> Result<&UserCaller, Error> {
    match caller(request)? {
        Caller::User(user) => Ok(user),
        Caller::Service(_) => Err(Error::new(Code::Unauthenticated, "USER_REQUIRED", "sign in to do this")),
    }
}

/// The name of the service that makes this request on its own behalf.
///
/// # Errors
/// `FORBIDDEN` when a user calls.
pub fn service<T>(request: &tonic::Request<T>) -> Result<&str, Error> {
    match caller(request)? {
        Caller::Service(name) => Ok(name),
        Caller::User(_) => Err(Error::new(Code::Forbidden, "SERVICE_REQUIRED", "this is for services only")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(role: Role, key: Option<Vec<Scope>>) -> UserCaller {
        UserCaller {
            user_id: 7,
            session_id: key.is_none().then_some(1),
            api_key_id: key.is_some().then_some(2),
            workspaces: vec![Membership { id: 10, role, plan: Plan::Pro }],
            scopes: key.unwrap_or_default(),
            platform_admin: false,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn refused(user: &UserCaller, workspace: i64, role: Role, scope: Scope) -> (Code, String) {
        let error = user.require(workspace, role, scope).unwrap_err();
        (error.code, error.reason.into_owned())
    }

    #[test]
    fn s18_a_strange_workspace_does_not_exist() {
        let owner = member(Role::Owner, None);
        assert_eq!(refused(&owner, 11, Role::Viewer, Scope::Read), (Code::NotFound, "WORKSPACE_NOT_FOUND".into()));
    }

    #[test]
    fn s18_roles_and_scopes_both_have_to_reach() {
        let editor = member(Role::Editor, None);
        assert_eq!(editor.require(10, Role::Editor, Scope::Write).unwrap(), Plan::Pro);
        assert_eq!(editor.require(10, Role::Viewer, Scope::Analytics).unwrap(), Plan::Pro);
        assert_eq!(refused(&editor, 10, Role::Admin, Scope::Read), (Code::Forbidden, "ROLE_TOO_LOW".into()));

        let key = member(Role::Owner, Some(vec![Scope::Write]));
        assert_eq!(key.require(10, Role::Editor, Scope::Read).unwrap(), Plan::Pro);
        assert_eq!(refused(&key, 10, Role::Viewer, Scope::Analytics), (Code::Forbidden, "SCOPE_MISSING".into()));
        let key_without_scopes = member(Role::Owner, Some(vec![]));
        assert_eq!(refused(&key_without_scopes, 10, Role::Viewer, Scope::Read).0, Code::Forbidden);
    }

    #[test]
    fn s37_a_request_that_skipped_the_layer_has_no_caller() {
        let mut request = tonic::Request::new(());
        assert_eq!(caller(&request).unwrap_err().code, Code::Unauthenticated);
        request.extensions_mut().insert(Arc::new(Caller::Service("redirector".into())));
        assert_eq!(service(&request).unwrap(), "redirector");
        assert_eq!(user(&request).unwrap_err().code, Code::Unauthenticated);
        request.extensions_mut().insert(Arc::new(Caller::User(member(Role::Viewer, None))));
        assert_eq!(user(&request).unwrap().user_id, 7);
        assert_eq!(service(&request).unwrap_err().code, Code::Forbidden);
    }
}
