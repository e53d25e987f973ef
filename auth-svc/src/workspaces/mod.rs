//! Workspaces beside the personal one, their members and the invitations to them.

pub(crate) mod invitation_store;
pub(crate) mod invitations;
pub(crate) mod member_store;
pub(crate) mod members;
pub(crate) mod store;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    CreateWorkspaceRequest, CreateWorkspaceResponse, UpdateWorkspaceRequest, UpdateWorkspaceResponse,
};
use curtail_rpc::UserCaller;
use curtail_tokens::{Plan, Role, Scope};
use serde_json::json;
use sqlx::PgConnection;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::require_session;
use crate::domain::{ClientInfo, WorkspaceName};
use crate::error::MAX_OWNED_WORKSPACES;
use crate::events::EventWriter;
use crate::revocations::RevocationSubject;
use crate::workspaces::store::{Workspace, WorkspaceSummary};
use crate::{App, Error, users};

pub(crate) async fn create_workspace(
    app: &App,
    request: Request<CreateWorkspaceRequest>,
) -> Result<CreateWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    require_session(&caller)?;
    let request = request.into_inner();
    let name = WorkspaceName::parse(&request.name)?;
    let actor = Actor::from_caller(&caller, ClientInfo::optional(request.client).as_ref());
    let workspace = create(app, &actor, &caller, &name).await?;
    Ok(CreateWorkspaceResponse { workspace: Some(workspace.to_proto()) })
}

pub(crate) async fn update_workspace(
    app: &App,
    request: Request<UpdateWorkspaceRequest>,
) -> Result<UpdateWorkspaceResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let name = WorkspaceName::parse(&request.name)?;
    let actor = Actor::from_caller(&caller, ClientInfo::optional(request.client).as_ref());
    let workspace = rename(app, &actor, &caller, request.workspace_id, &name).await?;
    Ok(UpdateWorkspaceResponse { workspace: Some(workspace.to_proto()) })
}

/// Creates a workspace that the caller owns.
pub(crate) async fn create(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    name: &WorkspaceName,
) -> Result<Workspace, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    // Concurrent creations count each other.
    users::store::lock(&mut tx, caller.user_id).await?;
    if member_store::owned(&mut *tx, caller.user_id).await? >= MAX_OWNED_WORKSPACES {
        return Err(Error::WORKSPACE_QUOTA);
    }
    let workspace = Workspace {
        id: app.next_id()?,
        name: name.as_str().to_owned(),
        personal: false,
        plan: Plan::Free,
        role: Role::Owner,
        created_at: now,
    };
    store::insert(&mut tx, &workspace, caller.user_id).await?;
    EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::Memberships(caller.user_id)).await?;
    let entry = AuditEntry::new("workspace.created", actor, now).workspace(workspace.id).account(caller.user_id);
    entry.target(workspace.id).after(json!({"name": workspace.name})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(workspace)
}

/// Renames a workspace; for its admins.
pub(crate) async fn rename(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    id: i64,
    name: &WorkspaceName,
) -> Result<Workspace, Error> {
    caller.require(id, Role::Admin, Scope::Admin)?;
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let (before, _) = lock_as(&mut tx, caller, id, Role::Admin).await?;
    store::rename(&mut tx, id, name.as_str()).await?;
    let entry = AuditEntry::new("workspace.renamed", actor, now).workspace(id).target(id);
    let entry = entry.before(json!({"name": before.name})).after(json!({"name": name.as_str()}));
    entry.record(&mut tx).await?;
    let renamed = store::of_member(&mut *tx, id, caller.user_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(renamed)
}

/// Locks a workspace for a change. Returns it with the caller's current role: that of the token may be a minute old.
pub(crate) async fn lock_as(
    conn: &mut PgConnection,
    caller: &UserCaller,
    id: i64,
    least: Role,
) -> Result<(WorkspaceSummary, Role), Error> {
    let named = store::lock_named(conn, id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    let role = member_store::role_of(conn, id, caller.user_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    if role < least { Err(Error::RoleTooLow) } else { Ok((named, role)) }
}

/// A role as the audit log and clients write it.
pub(crate) fn role_name(role: Role) -> String {
    format!("{role:?}").to_uppercase()
}

impl Workspace {
    pub(crate) fn to_proto(&self) -> wire::Workspace {
        wire::Workspace {
            id: self.id,
            name: self.name.clone(),
            personal: self.personal,
            plan: self.plan.number(),
            role: self.role.number(),
            created_at: Some(curtail_proto::timestamp(self.created_at)),
        }
    }
}
