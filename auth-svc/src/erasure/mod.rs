//! Erasure of an account (S40).
//!
//! Workspaces without another member are erased with it; one with other members needs another owner first. On the event
//! `AccountErased` the other services delete what they store.

pub(crate) mod store;

use curtail_proto::auth::v1::{EraseAccountRequest, EraseAccountResponse};
use curtail_proto::events::v1::AccountErased;
use curtail_proto::events::v1::envelope::Payload;
use curtail_rpc::UserCaller;
use curtail_streams::Erased;
use curtail_tokens::Role;
use rand::CryptoRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::require_session;
use crate::domain::Password;
use crate::erasure::store::ErasureTarget;
use crate::events::EventWriter;
use crate::revocations::RevocationSubject;
use crate::users::User;
use crate::{App, Error, api_keys, sessions, users, workspaces};

pub(crate) async fn erase_account(
    app: &App,
    request: Request<EraseAccountRequest>,
) -> Result<EraseAccountResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    require_session(&caller)?;
    let password = Password::parse(request.into_inner().current_password, "current_password")?;
    erase(app, &caller, password).await?;
    Ok(EraseAccountResponse {})
}

/// Erases the caller's account, after confirmation with the password.
pub(crate) async fn erase(app: &App, caller: &UserCaller, password: Password) -> Result<(), Error> {
    let login = users::store::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let reservation = app.limits.confirmation(caller.user_id).await?;
    if !app.hasher.verify(password, Some(&login.password_hash)).await?.is_match() {
        return Err(Error::WrongCurrentPassword);
    }
    app.limits.succeeded(reservation).await;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    // The address is erased with the account.
    let actor = Actor::user(caller.user_id, String::new());
    remove(app, &mut tx, &login.user, &actor, now, &mut rng).await?;
    app.commit(tx).await
}

/// Erases an account in the transaction.
pub(crate) async fn remove(
    app: &App,
    conn: &mut PgConnection,
    user: &User,
    actor: &Actor,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<(), Error> {
    users::store::lock(conn, user.id).await?;
    let (all, ended) = workspaces_of(conn, user.id).await?;
    let sessions = sessions::store::end_all(conn, user.id, None, now).await?;
    let keys = api_keys::store::of_creator(&mut *conn, user.id).await?;
    let email_key = user.email.to_ascii_lowercase();
    let target = ErasureTarget { user_id: user.id, email_key: &email_key, workspaces: &all, ended: &ended };
    store::delete_rows(conn, &target).await?;
    // Events on their way to a stream, or stored to refill it.
    let erased = Erased { user_id: user.id, workspace_ids: ended.clone(), email: Some(user.email.clone()) };
    curtail_db::outbox::forget(conn, &erased.marks(), |envelope| erased.concerns(envelope)).await?;
    store::blank(conn, user.id, app.hasher.unusable(), now).await?;
    let mut events = EventWriter { conn: &mut *conn, now, rng };
    events.sessions_ended(&sessions).await?;
    for key in keys.iter().filter(|key| key.is_live(now)) {
        events.revoked(RevocationSubject::ApiKey(key.id)).await?;
    }
    events.revoked(RevocationSubject::User(user.id)).await?;
    events.account_erased(user.id, &ended).await?;
    AuditEntry::new("account.erased", actor, now).target(user.id).record(conn).await?;
    Ok(())
}

/// All workspaces of the user, and those that are erased with the account.
async fn workspaces_of(conn: &mut PgConnection, user_id: i64) -> Result<(Vec<i64>, Vec<i64>), Error> {
    let (mut all, mut ended) = (Vec::new(), Vec::new());
    let mut ids: Vec<_> =
        workspaces::store::of_user(&mut *conn, user_id).await?.into_iter().map(|one| one.id).collect();
    // Always in the same order, so that two concurrent erasures do not deadlock.
    ids.sort_unstable();
    for id in ids {
        workspaces::store::lock(conn, id).await?;
        let members = workspaces::member_store::of_workspace(&mut *conn, id).await?;
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

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn account_erased(&mut self, user_id: i64, workspace_ids: &[i64]) -> Result<(), sqlx::Error> {
        let workspace_ids = workspace_ids.to_vec();
        self.append(0, Payload::AccountErased(AccountErased { user_id, workspace_ids })).await
    }
}
