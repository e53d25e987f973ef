//! Who belongs to a workspace, and what they may do in it.
//!
//! Nobody gives or takes a role above their own, and a workspace always has an owner.

use curtail_tokens::{Role, Scope};
use serde_json::json;
use sqlx::PgConnection;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    workspaces::enter,
};
use crate::{
    App, Error,
    store::{
        api_keys, invitations,
        members::{self, Member},
        revocations::Revoked,
    },
};

/// The members of a workspace, the eldest first; for its members.
pub async fn list(app: &App, caller: &curtail_rpc::UserCaller, workspace_id: i64) -> Result<Vec<Member>, Error> {
    caller.require(workspace_id, Role::Viewer, Scope::Read)?;
    Ok(members::of_workspace(&app.pool, workspace_id).await?)
}

/// Gives a member another role; for admins.
pub async fn change_role(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    workspace_id: i64,
    user_id: i64,
    role: Role,
) -> Result<(), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let (_, own) = enter(&mut tx, caller, workspace_id, Role::Admin).await?;
    let before = members::role_of(&mut *tx, workspace_id, user_id).await?.ok_or(Error::MEMBER_NOT_FOUND)?;
    if before > own || role > own {
        return Err(Error::RoleTooLow);
    }
    if role != Role::Owner {
        keep_an_owner(&mut tx, workspace_id, before).await?;
    }
    members::set_role(&mut tx, workspace_id, user_id, role).await?;
    if role < Role::Admin {
        invitations::delete_of_inviter(&mut tx, workspace_id, user_id).await?;
    }
    Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::Memberships(user_id)).await?;
    let entry = Entry::new("member.role_changed", actor, now).workspace(workspace_id).account(user_id).target(user_id);
    entry.before(json!({"role": name(before)})).after(json!({"role": name(role)})).record(&mut tx).await?;
    app.commit(tx).await
}

/// Takes a member out; for admins.
pub async fn remove(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    workspace_id: i64,
    user_id: i64,
) -> Result<(), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let mut tx = app.pool.begin().await?;
    let (_, own) = enter(&mut tx, caller, workspace_id, Role::Admin).await?;
    let role = members::role_of(&mut *tx, workspace_id, user_id).await?.ok_or(Error::MEMBER_NOT_FOUND)?;
    if role > own {
        return Err(Error::RoleTooLow);
    }
    part(app, &mut tx, "member.removed", actor, workspace_id, user_id, role).await?;
    app.commit(tx).await
}

/// The caller goes.
pub async fn leave(app: &App, actor: &Actor, caller: &curtail_rpc::UserCaller, workspace_id: i64) -> Result<(), Error> {
    caller.require(workspace_id, Role::Viewer, Scope::Admin)?;
    let mut tx = app.pool.begin().await?;
    let (named, role) = enter(&mut tx, caller, workspace_id, Role::Viewer).await?;
    if named.personal {
        return Err(Error::PERSONAL_WORKSPACE);
    }
    part(app, &mut tx, "member.left", actor, workspace_id, caller.user_id, role).await?;
    app.commit(tx).await
}

/// Ends a membership with all that hangs on it: the member's API keys and invitations there.
async fn part(
    app: &App,
    conn: &mut PgConnection,
    action: &'static str,
    actor: &Actor,
    workspace_id: i64,
    user_id: i64,
    role: Role,
) -> Result<(), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    keep_an_owner(conn, workspace_id, role).await?;
    members::delete(conn, workspace_id, user_id).await?;
    invitations::delete_of_inviter(conn, workspace_id, user_id).await?;
    let keys = api_keys::revoke_of_creator(conn, workspace_id, user_id, now).await?;
    let mut facts = Facts { conn: &mut *conn, now, rng: &mut rng };
    for key in &keys {
        facts.revoked(Revoked::ApiKey(*key)).await?;
    }
    facts.revoked(Revoked::Memberships(user_id)).await?;
    let entry = Entry::new(action, actor, now).workspace(workspace_id).account(user_id).target(user_id);
    entry.before(json!({"role": name(role), "revokedApiKeys": keys.len()})).record(conn).await?;
    Ok(())
}

/// Refuses to lose the last owner.
async fn keep_an_owner(conn: &mut PgConnection, workspace_id: i64, losing: Role) -> Result<(), Error> {
    if losing == Role::Owner && members::owners(conn, workspace_id).await? < 2 {
        return Err(Error::LAST_OWNER);
    }
    Ok(())
}

/// A role as the audit log and clients write it.
pub fn name(role: Role) -> String {
    format!("{role:?}").to_uppercase()
}
