//! Mutations of invitations.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::auth::v1 as pb;

use super::account_mutation::DonePayload;
use super::member::Invitation;
use super::member_mutation::WorkspacePayload;
use super::problem::{UserError, fault, outcome};
use super::scalars::parse_id;
use super::workspace::Role;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Input of `inviteMember`.
#[derive(InputObject, Debug)]
pub struct InviteMemberInput {
    /// The workspace; not a personal one.
    pub workspace_id: ID,
    /// The e-mail address. Whether it has an account makes no difference and is not revealed.
    pub email: String,
    /// `VIEWER`, `EDITOR` or `ADMIN`.
    pub role: Role,
}

/// Payload of `inviteMember`.
#[derive(SimpleObject, Default)]
pub struct InviteMemberPayload {
    /// The invitation; null on failure.
    pub invitation: Option<Invitation>,
    /// Why the invitation was not sent.
    pub user_errors: Vec<UserError>,
}

/// Mutations of invitations.
#[derive(Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Invites a person to a workspace by mail. Requires the role `ADMIN`. An earlier invitation of the address is replaced.
    async fn invite_member(&self, ctx: &Context<'_>, input: InviteMemberInput) -> Result<InviteMemberPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::InviteMemberRequest {
            workspace_id: parse_id(&input.workspace_id),
            email: input.email,
            role: pb::Role::from(input.role).into(),
            client: Some(context.client.clone()),
        });
        Ok(match outcome(ctx.data::<Upstreams>()?.auth.clone().invite_member(request).await)? {
            Ok(answer) => {
                InviteMemberPayload { invitation: answer.invitation.map(Invitation::from), user_errors: Vec::new() }
            }
            Err(error) => InviteMemberPayload { invitation: None, user_errors: vec![error] },
        })
    }

    /// Revokes an invitation. Requires the role `ADMIN` in its workspace.
    async fn revoke_invitation(&self, ctx: &Context<'_>, id: ID) -> Result<DonePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let (invitation_id, client) = (parse_id(&id), Some(context.client.clone()));
        let request = context.write(pb::RevokeInvitationRequest { invitation_id, client });
        Ok(DonePayload::new(outcome(ctx.data::<Upstreams>()?.auth.clone().revoke_invitation(request).await)?))
    }

    /// Accepts an invitation with the token of a mail to the caller's address.
    async fn accept_invitation(&self, ctx: &Context<'_>, token: String) -> Result<WorkspacePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let request = context.write(pb::AcceptInvitationRequest { token, client: Some(context.client.clone()) });
        let result = outcome(ctx.data::<Upstreams>()?.auth.clone().accept_invitation(request).await)?;
        context.change_memberships();
        Ok(WorkspacePayload::new(result.map(|answer| answer.workspace)))
    }
}
