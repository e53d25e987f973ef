//! Invitations by mail.
//!
//! Inviting never looks for the account of an address (S12), so it says and takes the same whether there is one; only that a
//! member is a member already is told, which members see anyway.

use curtail_tokens::{Role, Scope};
use serde_json::json;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    members::name,
    workspaces::{enter, require_admin_of},
};
use crate::{
    App, Error,
    domain::{ClientInfo, Email, MailPurpose, MailToken},
    settings::INVITATION_LIFE,
    store::{
        invitations::{self, Invitation},
        members,
        revocations::Revoked,
        users,
        workspaces::{self, Workspace},
    },
};

/// Members and pending invitations of one workspace.
pub const MAX_MEMBERS: i64 = 200;

/// Whom to invite, where to, and as what.
#[derive(Debug)]
pub struct Wanted {
    /// The workspace.
    pub workspace_id: i64,
    /// The address.
    pub email: Email,
    /// Viewer, editor or admin.
    pub role: Role,
}

/// Invites somebody; for admins. An earlier invitation of the address is replaced, its token is worth nothing any more.
pub async fn invite(
    app: &App,
    caller: &curtail_rpc::UserCaller,
    client: &ClientInfo,
    wanted: Wanted,
) -> Result<Invitation, Error> {
    let Wanted { workspace_id, email, role } = wanted;
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    if role == Role::Owner {
        return Err(Error::invalid("role", "ROLE_INVALID", "Invite as viewer, editor or admin."));
    }
    app.limits.mail(&email, Some(client)).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let (workspace, _) = enter(&mut tx, caller, workspace_id, Role::Admin).await?;
    if workspace.personal {
        return Err(Error::PERSONAL_WORKSPACE);
    }
    if members::has_address(&mut *tx, workspace_id, &email.key()).await? {
        return Err(Error::ALREADY_MEMBER);
    }
    if members::count(&mut *tx, workspace_id, now).await? >= MAX_MEMBERS {
        return Err(Error::Quota { reason: "MEMBER_QUOTA", limit: MAX_MEMBERS, what: "members and invitations" });
    }
    let inviter = users::by_id(&mut *tx, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
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
    invitation.id = invitations::put(&mut tx, &invitation, hash).await?;
    let mut facts = Facts { conn: &mut tx, now, rng: &mut rng };
    facts.invitation_created(&invitation, &workspace.name, &inviter.full_name, &token).await?;
    let actor = Actor::of(caller, Some(client));
    let entry = Entry::new("invitation.created", &actor, now).workspace(workspace_id).target(invitation.id);
    entry.after(json!({"email": invitation.email, "role": name(role)})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(invitation)
}

/// The pending invitations of a workspace, newest first; for admins.
pub async fn list(app: &App, caller: &curtail_rpc::UserCaller, workspace_id: i64) -> Result<Vec<Invitation>, Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(invitations::of_workspace(&app.pool, workspace_id, app.now()).await?)
}

/// Takes an invitation back; for admins of its workspace.
pub async fn revoke(app: &App, actor: &Actor, caller: &curtail_rpc::UserCaller, id: i64) -> Result<(), Error> {
    let found = invitations::by_id(&app.pool, id).await?.ok_or(Error::INVITATION_NOT_FOUND)?;
    let workspace_id = found.workspace_id;
    require_admin_of(caller, workspace_id, Error::INVITATION_NOT_FOUND)?;
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    enter(&mut tx, caller, workspace_id, Role::Admin).await?;
    if !invitations::delete(&mut tx, id).await? {
        return Err(Error::INVITATION_NOT_FOUND);
    }
    let entry = Entry::new("invitation.revoked", actor, now).workspace(workspace_id).target(id);
    entry.before(json!({"email": found.email, "role": name(found.role)})).record(&mut tx).await?;
    app.commit(tx).await
}

/// Joins by the token of a mail. It is for the account of the address that was invited, so that a forwarded mail lets nobody
/// else in; and it proves that address.
pub async fn accept(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    token: &MailToken,
) -> Result<Workspace, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Invitation);
    let mut tx = app.pool.begin().await?;
    let found = invitations::by_token(&mut *tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    let user = users::by_id(&mut *tx, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
    if !user.email.eq_ignore_ascii_case(&found.email) {
        return Err(Error::INVITATION_FOR_OTHER_ADDRESS);
    }
    let workspace_id = found.workspace_id;
    workspaces::lock(&mut tx, workspace_id).await?.ok_or(Error::MailTokenInvalid)?;
    if !invitations::delete(&mut tx, found.id).await? {
        return Err(Error::MailTokenInvalid);
    }
    if !members::insert(&mut tx, workspace_id, user.id, found.role, now).await? {
        return Err(Error::ALREADY_MEMBER);
    }
    users::set_verified(&mut *tx, user.id, now).await?;
    Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::Memberships(user.id)).await?;
    let entry = Entry::new("member.joined", actor, now).workspace(workspace_id).account(user.id).target(user.id);
    let after = json!({"role": name(found.role), "invitedBy": found.inviter_id.to_string()});
    entry.after(after).record(&mut tx).await?;
    let joined = workspaces::of_member(&mut *tx, workspace_id, user.id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(joined)
}
