//! Changing a password, and what a new one has to be like.

pub(crate) mod reset;
pub(crate) mod strength;

use curtail_proto::auth::v1::{ChangePasswordRequest, ChangePasswordResponse};
use curtail_proto::events::v1::PasswordChanged;
use curtail_proto::events::v1::envelope::Payload;
use curtail_rpc::UserCaller;
use rand::CryptoRng;
use serde_json::json;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::require_session;
use crate::domain::{ClientInfo, Password};
use crate::events::EventWriter;
use crate::{App, Error, sessions, users};

pub(crate) async fn change_password(
    app: &App,
    request: Request<ChangePasswordRequest>,
) -> Result<ChangePasswordResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let session = require_session(&caller)?;
    let request = request.into_inner();
    let current = Password::parse(request.current_password, "current_password")?;
    let new = Password::parse(request.new_password, "new_password")?;
    let actor = Actor::from_caller(&caller, ClientInfo::optional(request.client).as_ref());
    change(app, &actor, &caller, session, current, new).await?;
    Ok(ChangePasswordResponse {})
}

/// Changes the password. All other sessions end, because one of them may be the reason.
pub(crate) async fn change(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    session_id: i64,
    current: Password,
    new: Password,
) -> Result<(), Error> {
    let login = users::store::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let known = [login.user.email.as_str(), login.user.full_name.as_str(), current.expose()];
    strength::require(&new, &known, app.settings.min_password_score, "new_password")?;

    let reservation = app.limits.confirmation(caller.user_id).await?;
    if !app.hasher.verify(current, Some(&login.password_hash)).await?.is_match() {
        return Err(Error::WrongCurrentPassword);
    }
    app.limits.succeeded(reservation).await;

    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = app.hasher.hash(new, &mut rng).await?;
    let mut tx = app.pool.begin().await?;
    users::store::set_password(&mut *tx, caller.user_id, &hash, now).await?;
    let ended = sessions::store::end_all(&mut tx, caller.user_id, Some(session_id), now).await?;
    let mut events = EventWriter { conn: &mut tx, now, rng: &mut rng };
    events.password_changed(caller.user_id).await?;
    events.sessions_ended(&ended).await?;
    let entry = AuditEntry::new("password.changed", actor, now).account(caller.user_id).target(caller.user_id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn password_changed(&mut self, user_id: i64) -> Result<(), sqlx::Error> {
        self.append(0, Payload::PasswordChanged(PasswordChanged { user_id })).await
    }
}
