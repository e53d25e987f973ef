//! What members of a workspace see of each other.

use async_graphql::{ID, SimpleObject};
use curtail_proto::auth::v1 as pb;
use curtail_proto::instant;
use time::OffsetDateTime;

use super::scalars::id;
use super::workspace::Role;

/// Another account that shares a workspace with the caller.
#[derive(SimpleObject, Debug, Clone)]
pub struct Member {
    /// Opaque identifier.
    pub id: ID,
    /// Full name, as entered at sign-up.
    pub full_name: String,
    /// The e-mail address of the account.
    pub email: String,
}

impl From<pb::UserSummary> for Member {
    fn from(user: pb::UserSummary) -> Self {
        Self { id: id(user.id), full_name: user.full_name, email: user.email }
    }
}

/// A member of a workspace.
#[derive(SimpleObject, Debug, Clone)]
pub struct WorkspaceMember {
    /// The account.
    pub user: Member,
    /// The role of the member.
    pub role: Role,
    /// When the member joined.
    pub joined_at: Option<OffsetDateTime>,
}

impl WorkspaceMember {
    /// The member of an answer; `None` when the service left the account out.
    pub fn new(member: pb::Member) -> Option<Self> {
        let (role, joined_at) = (member.role().into(), instant(member.joined_at));
        Some(Self { user: member.user?.into(), role, joined_at })
    }
}

/// A pending invitation.
#[derive(SimpleObject, Debug, Clone)]
pub struct Invitation {
    /// Opaque identifier.
    pub id: ID,
    /// The e-mail address it was sent to.
    pub email: String,
    /// The role that accepting it gives.
    pub role: Role,
    /// When it was sent.
    pub created_at: Option<OffsetDateTime>,
    /// When its link expires.
    pub expires_at: Option<OffsetDateTime>,
}

impl From<pb::Invitation> for Invitation {
    fn from(invitation: pb::Invitation) -> Self {
        Self {
            id: id(invitation.id),
            role: invitation.role().into(),
            email: invitation.email,
            created_at: instant(invitation.created_at),
            expires_at: instant(invitation.expires_at),
        }
    }
}
