//! The caller's own account, and what members see of each other.

use serde_json::json;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    strength,
};
use crate::{
    App, Error,
    domain::{Password, User},
    store::{
        sessions,
        users::{self, Recipient, Summary},
        workspaces::{self, Workspace},
    },
};

/// The most users in one question.
pub const MAX_BATCH: usize = 100;

/// The account with its workspaces; an API key sees its own workspace alone.
pub async fn viewer(app: &App, caller: &curtail_rpc::UserCaller) -> Result<(User, Vec<Workspace>), Error> {
    let login = users::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let mut workspaces = workspaces::of_user(&app.pool, caller.user_id).await?;
    if caller.api_key_id.is_some() {
        workspaces.retain(|workspace| caller.role_in(workspace.id).is_some());
    }
    Ok((login.user, workspaces))
}

/// Those of `ids` who share a workspace with the caller.
pub async fn batch(app: &App, caller: &curtail_rpc::UserCaller, ids: &[i64]) -> Result<Vec<Summary>, Error> {
    if ids.len() > MAX_BATCH {
        return Err(Error::invalid("ids", "TOO_MANY_IDS", "At most 100 users can be asked for at once."));
    }
    let workspaces: Vec<i64> = caller.workspaces.iter().map(|membership| membership.id).collect();
    Ok(users::summaries(&app.pool, ids, &workspaces).await?)
}

/// Whom to write to: the members of a workspace (0 for none) and the users of `ids`.
pub async fn recipients(app: &App, workspace_id: i64, ids: &[i64]) -> Result<Vec<Recipient>, Error> {
    if ids.len() > MAX_BATCH {
        return Err(Error::invalid("user_ids", "TOO_MANY_IDS", "At most 100 users can be asked for at once."));
    }
    Ok(users::recipients(&app.pool, workspace_id, ids).await?)
}

/// Changes the password. All other sessions end, because one of them may be why it is changed.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    caller: &curtail_rpc::UserCaller,
    session_id: i64,
    current: Password,
    new: Password,
) -> Result<(), Error> {
    let login = users::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let known = [login.user.email.as_str(), login.user.full_name.as_str(), current.expose()];
    strength::require(&new, &known, app.settings.min_password_score, "new_password")?;

    let taken = app.limits.confirmation(caller.user_id).await?;
    if !app.passwords.verify(current, Some(&login.password_hash)).await?.is_match() {
        return Err(Error::WrongCurrentPassword);
    }
    app.limits.succeeded(taken).await;

    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = app.passwords.hash(new, &mut rng).await?;
    let mut tx = app.pool.begin().await?;
    users::set_password(&mut *tx, caller.user_id, &hash, now).await?;
    let ended = sessions::end_all(&mut tx, caller.user_id, Some(session_id), now).await?;
    let mut facts = Facts { conn: &mut tx, now, rng: &mut rng };
    facts.password_changed(caller.user_id).await?;
    facts.sessions_ended(&ended).await?;
    let entry = Entry::new("password.changed", actor, now).account(caller.user_id).target(caller.user_id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await
}
