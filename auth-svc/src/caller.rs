//! What a handler requires of its caller.

use curtail_rpc::UserCaller;
use curtail_tokens::{Role, Scope};

use crate::Error;

/// The session of the caller. An API key may not manage sessions or passwords.
pub(crate) fn require_session(caller: &UserCaller) -> Result<i64, Error> {
    caller.session_id.ok_or(Error::SessionRequired)
}

pub(crate) fn require_read(caller: &UserCaller) -> Result<(), Error> {
    if caller.allows(Scope::Read) { Ok(()) } else { Err(Error::ScopeMissing) }
}

/// A role of a request.
pub(crate) fn parse_role(number: i32) -> Result<curtail_tokens::Role, Error> {
    curtail_tokens::Role::from_number(number).ok_or(Error::ROLE_UNKNOWN)
}

/// Requires an admin of the workspace of an object that was named by its id. To non-members the object does not exist: they get
/// `missing` (S18).
pub(crate) fn require_admin_of(caller: &UserCaller, workspace_id: i64, missing: Error) -> Result<(), Error> {
    match caller.require(workspace_id, Role::Admin, Scope::Admin) {
        Ok(_) => Ok(()),
        Err(error) if error.code == curtail_rpc::Code::NotFound => Err(missing),
        Err(error) => Err(error.into()),
    }
}
