//! Workspaces beside the personal one.

use curtail_tokens::{Plan, Role, Scope};
use serde_json::json;
use sqlx::PgConnection;

use super::{
    audit::{Actor, Entry},
    events::Facts,
};
use crate::{
    App, Error,
    domain::WorkspaceName,
    store::{
        members,
        revocations::Revoked,
        users,
        workspaces::{self, Named, Workspace},
    },
};

/// Workspaces that one user may own beside the personal one.
pub const MAX_OWNED: i64 = 20;

/// Makes a workspace of which the caller is the owner.
pub async fn create(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    name: &WorkspaceName,
) -> Result<Workspace, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    // Two at once count each other.
    users::lock(&mut tx, caller.user_id).await?;
    if members::owned(&mut *tx, caller.user_id).await? >= MAX_OWNED {
        return Err(Error::Quota { reason: "WORKSPACE_QUOTA", limit: MAX_OWNED, what: "workspaces" });
    }
    let workspace = Workspace {
        id: app.next_id()?,
        name: name.as_str().to_owned(),
        personal: false,
        plan: Plan::Free,
        role: Role::Owner,
        created_at: now,
    };
    workspaces::insert(&mut tx, &workspace, caller.user_id).await?;
    Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::Memberships(caller.user_id)).await?;
    let entry = Entry::new("workspace.created", actor, now).workspace(workspace.id).account(caller.user_id);
    entry.target(workspace.id).after(json!({"name": workspace.name})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(workspace)
}

/// Gives a workspace another name; for its admins.
pub async fn rename(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    id: i64,
    name: &WorkspaceName,
) -> Result<Workspace, Error> {
    caller.require(id, Role::Admin, Scope::Admin)?;
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let (before, _) = enter(&mut tx, caller, id, Role::Admin).await?;
    workspaces::rename(&mut tx, id, name.as_str()).await?;
    let entry = Entry::new("workspace.renamed", actor, now).workspace(id).target(id);
    let entry = entry.before(json!({"name": before.name})).after(json!({"name": name.as_str()}));
    entry.record(&mut tx).await?;
    let renamed = workspaces::of_member(&mut *tx, id, caller.user_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(renamed)
}

/// Locks a workspace for a change and tells it with the caller's role as it is now: that of the token may be a minute old.
pub async fn enter(
    conn: &mut PgConnection,
    caller: &curtail_rpc::UserCaller,
    id: i64,
    least: Role,
) -> Result<(Named, Role), Error> {
    let named = workspaces::lock_named(conn, id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    let role = members::role_of(conn, id, caller.user_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    if role < least { Err(Error::RoleTooLow) } else { Ok((named, role)) }
}

/// Demands an admin of the workspace of something that was named by its id: to those who are no members it is `missing`, as if
/// there were no such thing (S18).
pub fn require_admin_of(caller: &curtail_rpc::UserCaller, workspace_id: i64, missing: Error) -> Result<(), Error> {
    match caller.require(workspace_id, Role::Admin, Scope::Admin) {
        Ok(_) => Ok(()),
        Err(error) if error.code == curtail_rpc::Code::NotFound => Err(missing),
        Err(error) => Err(error.into()),
    }
}
