//! Who may see the numbers of a workspace.

use curtail_rpc::{Error, UserCaller};
use curtail_tokens::{Role, Scope};

/// Any member may, and an API key that may read or see analytics.
///
/// # Errors
/// `NOT_FOUND` for someone else's workspace, `FORBIDDEN` for a key without the scope.
pub fn require(user: &UserCaller, workspace_id: i64) -> Result<(), Error> {
    let scope = if user.allows(Scope::Analytics) { Scope::Analytics } else { Scope::Read };
    user.require(workspace_id, Role::Viewer, scope).map(drop)
}
