//! Who may do what with a link.

use curtail_rpc::{Code, Error, UserCaller};
use curtail_tokens::{Role, Scope};

use crate::link::Link;
use crate::refusal;

/// The link, if there is one and `user` may read it.
pub fn readable(user: &UserCaller, link: Option<Link>) -> Result<Link, Error> {
    allowed(user, link, Role::Viewer, Scope::Read)
}

/// The link, if there is one and `user` may change it.
pub fn writable(user: &UserCaller, link: Option<Link>) -> Result<Link, Error> {
    allowed(user, link, Role::Editor, Scope::Write)
}

fn allowed(user: &UserCaller, link: Option<Link>, role: Role, scope: Scope) -> Result<Link, Error> {
    let link = link.ok_or_else(refusal::link_not_found)?;
    match user.require(link.workspace_id, role, scope) {
        Ok(_) => Ok(link),
        // Whoever is no member must not learn that the link exists: the same answer as above (S18).
        Err(error) if error.code == Code::NotFound => Err(refusal::link_not_found()),
        Err(error) => Err(error),
    }
}
