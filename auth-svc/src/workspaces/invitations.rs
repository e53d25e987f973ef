//! Invitations by mail.
//!
//! Inviting never looks up the account of an address (S12), so response and time are the same whether there is one. Only a
//! member is reported as such, which members see anyway.

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, InviteMemberRequest, InviteMemberResponse,
    ListInvitationsRequest, ListInvitationsResponse, RevokeInvitationRequest, RevokeInvitationResponse,
};
use curtail_proto::events::v1::InvitationCreated;
use curtail_proto::events::v1::envelope::Payload;
use curtail_rpc::UserCaller;
use curtail_tokens::{Role, Scope};
use rand::CryptoRng;
use serde_json::json;
use time::Duration;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::{parse_role, require_admin_of, require_session};
use crate::domain::{ClientInfo, Email};
use crate::error::MAX_MEMBERS;
use crate::events::EventWriter;
use crate::mail_tokens::{MailPurpose, MailToken};
use crate::revocations::RevocationSubject;
use crate::workspaces::invitation_store::{self, Invitation};
use crate::workspaces::store::Workspace;
use crate::workspaces::{lock_as, member_store, role_name, store};
use crate::{App, Error, users};

/// Lifetime of the token in an invitation.
pub(crate) const INVITATION_LIFE: Duration = Duration::days(7);

pub(crate) async fn invite_member(
    app: &App,
    request: Request<InviteMemberRequest>,
) -> Result<InviteMemberResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let (email, role) = (Email::parse(&request.email)?, parse_role(request.role)?);
    let client = ClientInfo::required(request.client)?;
    let wanted = InviteRequest { workspace_id: request.workspace_id, email, role };
    let invitation = invite(app, &caller, &client, wanted).await?;
    Ok(InviteMemberResponse { invitation: Some(invitation.into_proto()) })
}

pub(crate) async fn list_invitations(
    app: &App,
    request: Request<ListInvitationsRequest>,
) -> Result<ListInvitationsResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let invitations = list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListInvitationsResponse { invitations: invitations.into_iter().map(Invitation::into_proto).collect() })
}

pub(crate) async fn revoke_invitation(
    app: &App,
    request: Request<RevokeInvitationRequest>,
) -> Result<RevokeInvitationResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let actor = Actor::from_caller(caller, ClientInfo::optional(message.client.clone()).as_ref());
    revoke(app, &actor, caller, message.invitation_id).await?;
    Ok(RevokeInvitationResponse {})
}

pub(crate) async fn accept_invitation(
    app: &App,
    request: Request<AcceptInvitationRequest>,
) -> Result<AcceptInvitationResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    require_session(caller)?;
    let message = request.get_ref();
    let token = MailToken::parse(&message.token)?;
    let actor = Actor::from_caller(caller, ClientInfo::optional(message.client.clone()).as_ref());
    let workspace = accept(app, &actor, caller, &token).await?;
    Ok(AcceptInvitationResponse { workspace: Some(workspace.to_proto()) })
}

/// An address to invite.
#[derive(Debug)]
pub(crate) struct InviteRequest {
    pub(crate) workspace_id: i64,
    pub(crate) email: Email,
    pub(crate) role: Role,
}

/// Invites an address; for admins. An earlier invitation of the address is replaced, and its token becomes invalid.
pub(crate) async fn invite(
    app: &App,
    caller: &UserCaller,
    client: &ClientInfo,
    wanted: InviteRequest,
) -> Result<Invitation, Error> {
    let InviteRequest { workspace_id, email, role } = wanted;
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    if role == Role::Owner {
        return Err(Error::ROLE_NOT_INVITABLE);
    }
    app.limits.mail(&email, Some(client)).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let (workspace, _) = lock_as(&mut tx, caller, workspace_id, Role::Admin).await?;
    if workspace.personal {
        return Err(Error::PERSONAL_WORKSPACE);
    }
    if member_store::has_address(&mut *tx, workspace_id, &email.key()).await? {
        return Err(Error::ALREADY_MEMBER);
    }
    if member_store::count(&mut *tx, workspace_id, now).await? >= MAX_MEMBERS {
        return Err(Error::MEMBER_QUOTA);
    }
    let inviter = users::store::by_id(&mut *tx, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
    let token = MailToken::generate(&mut rng);
    let mut invitation = Invitation {
        id: app.next_id()?,
        workspace_id,
        email: email.as_str().to_owned(),
        role,
        inviter_id: caller.user_id,
        created_at: now,
        expires_at: now + INVITATION_LIFE,
    };
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Invitation);
    invitation.id = invitation_store::put(&mut tx, &invitation, hash).await?;
    let mut events = EventWriter { conn: &mut tx, now, rng: &mut rng };
    events.invitation_created(&invitation, &workspace.name, &inviter.full_name, &token).await?;
    let actor = Actor::from_caller(caller, Some(client));
    let entry = AuditEntry::new("invitation.created", &actor, now).workspace(workspace_id).target(invitation.id);
    entry.after(json!({"email": invitation.email, "role": role_name(role)})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(invitation)
}

/// The pending invitations of a workspace, newest first; for admins.
pub(crate) async fn list(app: &App, caller: &UserCaller, workspace_id: i64) -> Result<Vec<Invitation>, Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(invitation_store::of_workspace(&app.pool, workspace_id, app.now()).await?)
}

/// Revokes an invitation; for admins of its workspace.
pub(crate) async fn revoke(app: &App, actor: &Actor, caller: &UserCaller, id: i64) -> Result<(), Error> {
    let found = invitation_store::by_id(&app.pool, id).await?.ok_or(Error::INVITATION_NOT_FOUND)?;
    let workspace_id = found.workspace_id;
    require_admin_of(caller, workspace_id, Error::INVITATION_NOT_FOUND)?;
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    lock_as(&mut tx, caller, workspace_id, Role::Admin).await?;
    if !invitation_store::delete(&mut tx, id).await? {
        return Err(Error::INVITATION_NOT_FOUND);
    }
    let entry = AuditEntry::new("invitation.revoked", actor, now).workspace(workspace_id).target(id);
    entry.before(json!({"email": found.email, "role": role_name(found.role)})).record(&mut tx).await?;
    app.commit(tx).await
}

/// Joins a workspace by the token of a mail. Only the account of the invited address can use it, so that a forwarded mail is
/// worth nothing. It verifies that address.
pub(crate) async fn accept(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    token: &MailToken,
) -> Result<Workspace, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Invitation);
    let mut tx = app.pool.begin().await?;
    let found = invitation_store::by_token(&mut *tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    let user = users::store::by_id(&mut *tx, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
    if !user.email.eq_ignore_ascii_case(&found.email) {
        return Err(Error::INVITATION_FOR_OTHER_ADDRESS);
    }
    let workspace_id = found.workspace_id;
    store::lock(&mut tx, workspace_id).await?.ok_or(Error::MailTokenInvalid)?;
    if !invitation_store::delete(&mut tx, found.id).await? {
        return Err(Error::MailTokenInvalid);
    }
    if !member_store::insert(&mut tx, workspace_id, user.id, found.role, now).await? {
        return Err(Error::ALREADY_MEMBER);
    }
    users::store::set_verified(&mut *tx, user.id, now).await?;
    EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::Memberships(user.id)).await?;
    let entry = AuditEntry::new("member.joined", actor, now).workspace(workspace_id).account(user.id).target(user.id);
    let after = json!({"role": role_name(found.role), "invitedBy": found.inviter_id.to_string()});
    entry.after(after).record(&mut tx).await?;
    let joined = store::of_member(&mut *tx, workspace_id, user.id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(joined)
}

impl Invitation {
    pub(crate) fn into_proto(self) -> wire::Invitation {
        wire::Invitation {
            id: self.id,
            workspace_id: self.workspace_id,
            email: self.email,
            role: self.role.number(),
            inviter_id: self.inviter_id,
            created_at: Some(curtail_proto::timestamp(self.created_at)),
            expires_at: Some(curtail_proto::timestamp(self.expires_at)),
        }
    }
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn invitation_created(
        &mut self,
        invitation: &Invitation,
        workspace_name: &str,
        inviter_name: &str,
        token: &MailToken,
    ) -> Result<(), sqlx::Error> {
        let event = InvitationCreated {
            invitation_id: invitation.id,
            workspace_name: workspace_name.to_owned(),
            inviter_name: inviter_name.to_owned(),
            email: invitation.email.clone(),
            role: invitation.role.number(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(invitation.expires_at)),
            inviter_id: invitation.inviter_id,
        };
        self.append(invitation.workspace_id, Payload::InvitationCreated(event)).await
    }
}
