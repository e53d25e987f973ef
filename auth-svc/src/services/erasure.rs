//! The end of an account (S40).
//!
//! Its workspaces without another member end with it; one with others has to have another owner first. The event
//! `AccountErased` has the other services delete what they keep.

use curtail_streams::Erased;
use curtail_tokens::Role;
use rand::CryptoRng;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    audit::{Actor, Entry},
    events::Facts,
};
use crate::{
    App, Error,
    domain::{Password, User},
    store::{
        api_keys,
        erasure::{self, Leaving},
        members,
        revocations::Revoked,
        sessions, users, workspaces,
    },
};

/// Erases the caller's account; the password is asked for once more.
pub async fn erase(app: &App, caller: &curtail_rpc::UserCaller, password: Password) -> Result<(), Error> {
    let login = users::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let taken = app.limits.confirmation(caller.user_id).await?;
    if !app.passwords.verify(password, Some(&login.password_hash)).await?.is_match() {
        return Err(Error::WrongCurrentPassword);
    }
    app.limits.succeeded(taken).await;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    // Where it was done from goes with the account.
    let actor = Actor::user(caller.user_id, String::new());
    remove(app, &mut tx, &login.user, &actor, now, &mut rng).await?;
    app.commit(tx).await
}

/// Takes an account out in the transaction.
pub async fn remove(
    app: &App,
    conn: &mut PgConnection,
    user: &User,
    actor: &Actor,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<(), Error> {
    users::lock(conn, user.id).await?;
    let (all, ended) = workspaces_of(conn, user.id).await?;
    let sessions = sessions::end_all(conn, user.id, None, now).await?;
    let keys = api_keys::of_creator(&mut *conn, user.id).await?;
    let email_key = user.email.to_ascii_lowercase();
    let leaving = Leaving { user_id: user.id, email_key: &email_key, workspaces: &all, ended: &ended };
    erasure::delete_rows(conn, &leaving).await?;
    // Facts on their way to a stream, or kept to fill it again.
    let erased = Erased { user_id: user.id, workspace_ids: ended.clone(), email: Some(user.email.clone()) };
    curtail_db::outbox::forget(conn, &erased.marks(), |envelope| erased.concerns(envelope)).await?;
    erasure::blank(conn, user.id, app.passwords.unusable(), now).await?;
    let mut facts = Facts { conn: &mut *conn, now, rng };
    facts.sessions_ended(&sessions).await?;
    for key in keys.iter().filter(|key| key.is_live(now)) {
        facts.revoked(Revoked::ApiKey(key.id)).await?;
    }
    facts.revoked(Revoked::User(user.id)).await?;
    facts.account_erased(user.id, &ended).await?;
    Entry::new("account.erased", actor, now).target(user.id).record(conn).await?;
    Ok(())
}

/// All workspaces of the user, and those that end with the account.
async fn workspaces_of(conn: &mut PgConnection, user_id: i64) -> Result<(Vec<i64>, Vec<i64>), Error> {
    let (mut all, mut ended) = (Vec::new(), Vec::new());
    let mut ids: Vec<_> = workspaces::of_user(&mut *conn, user_id).await?.into_iter().map(|one| one.id).collect();
    // Always in one order, so that two who go at once do not wait for each other.
    ids.sort_unstable();
    for id in ids {
        workspaces::lock(conn, id).await?;
        let members = members::of_workspace(&mut *conn, id).await?;
        let owners = members.iter().filter(|member| member.role == Role::Owner);
        let alone = members.len() == 1;
        if !alone && owners.map(|owner| owner.user_id).eq([user_id]) {
            return Err(Error::LAST_OWNER);
        }
        all.push(id);
        ended.extend(alone.then_some(id));
    }
    Ok((all, ended))
}
