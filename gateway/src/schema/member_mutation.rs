//! Mutations of workspaces and of who belongs to them.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::auth::v1 as pb;

use super::account_mutation::DonePayload;
use super::problem::{UserError, fault, outcome};
use super::scalars::parse_id;
use super::workspace::{Role, Workspace};
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Payload of mutations of a workspace.
#[derive(SimpleObject, Default)]
pub struct WorkspacePayload {
    /// The workspace; null on failure.
    pub workspace: Option<Workspace>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

impl WorkspacePayload {
    /// The payload of an answer.
    pub fn new(result: Result<Option<pb::Workspace>, UserError>) -> Self {
        match result {
            Ok(workspace) => Self { workspace: workspace.map(Workspace::from), user_errors: Vec::new() },
            Err(error) => Self { workspace: None, user_errors: vec![error] },
        }
    }
}

/// A member's new role.
#[derive(InputObject, Debug)]
pub struct ChangeMemberRoleInput {
    /// The workspace.
    pub workspace_id: ID,
    /// The member's account.
    pub user_id: ID,
    /// The new role, at most the caller's own.
    pub role: Role,
}

/// Mutations of workspaces and members.
#[derive(Default)]
pub struct MemberMutation;

#[Object]
impl MemberMutation {
    /// Creates a workspace owned by the caller. An account has at most 20 beside the personal one.
    async fn create_workspace(&self, ctx: &Context<'_>, name: String) -> Result<WorkspacePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::CreateWorkspaceRequest { name, client: Some(context.client.clone()) });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().create_workspace(request).await)?;
        context.change_memberships();
        Ok(WorkspacePayload::new(result.map(|answer| answer.workspace)))
    }

    /// Renames a workspace. Requires the role `ADMIN`.
    async fn update_workspace(&self, ctx: &Context<'_>, id: ID, name: String) -> Result<WorkspacePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let (workspace_id, client) = (parse_id(&id), Some(context.client.clone()));
        let request = context.write(pb::UpdateWorkspaceRequest { workspace_id, name, client });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().update_workspace(request).await)?;
        Ok(WorkspacePayload::new(result.map(|answer| answer.workspace)))
    }

    /// Changes the role of a member, up to the caller's own. Requires the role `ADMIN`. A workspace always has an owner.
    async fn change_member_role(&self, ctx: &Context<'_>, input: ChangeMemberRoleInput) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::ChangeMemberRoleRequest {
            workspace_id: parse_id(&input.workspace_id),
            user_id: parse_id(&input.user_id),
            role: pb::Role::from(input.role).into(),
            client: Some(context.client.clone()),
        });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().change_member_role(request).await)?))
    }

    /// Removes a member from a workspace, with the API keys and invitations they created there. Requires the role `ADMIN`.
    async fn remove_member(&self, ctx: &Context<'_>, workspace_id: ID, user_id: ID) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::RemoveMemberRequest {
            workspace_id: parse_id(&workspace_id),
            user_id: parse_id(&user_id),
            client: Some(context.client.clone()),
        });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().remove_member(request).await)?))
    }

    /// Leaves a workspace.
    async fn leave_workspace(&self, ctx: &Context<'_>, id: ID) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let (workspace_id, client) = (parse_id(&id), Some(context.client.clone()));
        let request = context.write(pb::LeaveWorkspaceRequest { workspace_id, client });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().leave_workspace(request).await)?;
        context.change_memberships();
        Ok(DonePayload::new(result))
    }
}
