//! Members of a workspace and their roles.
//!
//! Members cannot give or take a role above their own, and a workspace always has an owner.

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    ChangeMemberRoleRequest, ChangeMemberRoleResponse, LeaveWorkspaceRequest, LeaveWorkspaceResponse,
    ListMembersRequest, ListMembersResponse, RemoveMemberRequest, RemoveMemberResponse,
};
use curtail_rpc::UserCaller;
use curtail_tokens::{Role, Scope};
use serde_json::json;
use sqlx::PgConnection;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::{parse_role, require_session};
use crate::domain::ClientInfo;
use crate::events::EventWriter;
use crate::revocations::RevocationSubject;
use crate::workspaces::member_store::{self, Member};
use crate::workspaces::{invitation_store, lock_as, role_name};
use crate::{App, Error};

pub(crate) async fn list_members(
    app: &App,
    request: Request<ListMembersRequest>,
) -> Result<ListMembersResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let members = list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListMembersResponse { members: members.into_iter().map(Member::into_proto).collect() })
}

pub(crate) async fn change_member_role(
    app: &App,
    request: Request<ChangeMemberRoleRequest>,
) -> Result<ChangeMemberRoleResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let role = parse_role(message.role)?;
    let actor = Actor::from_caller(caller, ClientInfo::optional(message.client.clone()).as_ref());
    change_role(app, &actor, caller, message.workspace_id, message.user_id, role).await?;
    Ok(ChangeMemberRoleResponse {})
}

pub(crate) async fn remove_member(
    app: &App,
    request: Request<RemoveMemberRequest>,
) -> Result<RemoveMemberResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let actor = Actor::from_caller(caller, ClientInfo::optional(message.client.clone()).as_ref());
    remove(app, &actor, caller, message.workspace_id, message.user_id).await?;
    Ok(RemoveMemberResponse {})
}

pub(crate) async fn leave_workspace(
    app: &App,
    request: Request<LeaveWorkspaceRequest>,
) -> Result<LeaveWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    require_session(caller)?;
    let message = request.get_ref();
    let actor = Actor::from_caller(caller, ClientInfo::optional(message.client.clone()).as_ref());
    leave(app, &actor, caller, message.workspace_id).await?;
    Ok(LeaveWorkspaceResponse {})
}

/// The members of a workspace, oldest first; for its members.
pub(crate) async fn list(app: &App, caller: &UserCaller, workspace_id: i64) -> Result<Vec<Member>, Error> {
    caller.require(workspace_id, Role::Viewer, Scope::Read)?;
    Ok(member_store::of_workspace(&app.pool, workspace_id).await?)
}

/// Changes a member's role; for admins.
pub(crate) async fn change_role(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    workspace_id: i64,
    user_id: i64,
    role: Role,
) -> Result<(), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let (_, own) = lock_as(&mut tx, caller, workspace_id, Role::Admin).await?;
    let before = member_store::role_of(&mut *tx, workspace_id, user_id).await?.ok_or(Error::MEMBER_NOT_FOUND)?;
    if before > own || role > own {
        return Err(Error::RoleTooLow);
    }
    if role != Role::Owner {
        require_other_owner(&mut tx, workspace_id, before).await?;
    }
    member_store::set_role(&mut tx, workspace_id, user_id, role).await?;
    if role < Role::Admin {
        invitation_store::delete_of_inviter(&mut tx, workspace_id, user_id).await?;
    }
    EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::Memberships(user_id)).await?;
    let entry =
        AuditEntry::new("member.role_changed", actor, now).workspace(workspace_id).account(user_id).target(user_id);
    entry.before(json!({"role": role_name(before)})).after(json!({"role": role_name(role)})).record(&mut tx).await?;
    app.commit(tx).await
}

/// Removes a member; for admins.
pub(crate) async fn remove(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    workspace_id: i64,
    user_id: i64,
) -> Result<(), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let mut tx = app.pool.begin().await?;
    let (_, own) = lock_as(&mut tx, caller, workspace_id, Role::Admin).await?;
    let role = member_store::role_of(&mut *tx, workspace_id, user_id).await?.ok_or(Error::MEMBER_NOT_FOUND)?;
    if role > own {
        return Err(Error::RoleTooLow);
    }
    end_membership(app, &mut tx, "member.removed", actor, workspace_id, user_id, role).await?;
    app.commit(tx).await
}

pub(crate) async fn leave(app: &App, actor: &Actor, caller: &UserCaller, workspace_id: i64) -> Result<(), Error> {
    caller.require(workspace_id, Role::Viewer, Scope::Admin)?;
    let mut tx = app.pool.begin().await?;
    let (named, role) = lock_as(&mut tx, caller, workspace_id, Role::Viewer).await?;
    if named.personal {
        return Err(Error::PERSONAL_WORKSPACE);
    }
    end_membership(app, &mut tx, "member.left", actor, workspace_id, caller.user_id, role).await?;
    app.commit(tx).await
}

/// Ends a membership with the member's API keys and invitations in the workspace.
async fn end_membership(
    app: &App,
    conn: &mut PgConnection,
    action: &'static str,
    actor: &Actor,
    workspace_id: i64,
    user_id: i64,
    role: Role,
) -> Result<(), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    require_other_owner(conn, workspace_id, role).await?;
    member_store::delete(conn, workspace_id, user_id).await?;
    invitation_store::delete_of_inviter(conn, workspace_id, user_id).await?;
    let keys = member_store::revoke_api_keys(conn, workspace_id, user_id, now).await?;
    let mut events = EventWriter { conn: &mut *conn, now, rng: &mut rng };
    for key in &keys {
        events.revoked(RevocationSubject::ApiKey(*key)).await?;
    }
    events.revoked(RevocationSubject::Memberships(user_id)).await?;
    let entry = AuditEntry::new(action, actor, now).workspace(workspace_id).account(user_id).target(user_id);
    entry.before(json!({"role": role_name(role), "revokedApiKeys": keys.len()})).record(conn).await?;
    Ok(())
}

/// Refuses to remove the last owner.
async fn require_other_owner(conn: &mut PgConnection, workspace_id: i64, losing: Role) -> Result<(), Error> {
    if losing == Role::Owner && member_store::owners(conn, workspace_id).await? < 2 {
        return Err(Error::LAST_OWNER);
    }
    Ok(())
}

impl Member {
    pub(crate) fn into_proto(self) -> wire::Member {
        let user = wire::UserSummary { id: self.user_id, full_name: self.full_name, email: self.email };
        wire::Member {
            user: Some(user),
            role: self.role.number(),
            joined_at: Some(curtail_proto::timestamp(self.created_at)),
        }
    }
}
