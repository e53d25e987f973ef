//! The owner of an account is told when somebody guesses its password.

use serde_json::json;
use sqlx::PgConnection;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    limits::LOCKOUT_MEMORY,
};
use crate::{
    App, Error,
    domain::{AccountStatus, Email},
    store::{mail_requests::MailRequest, users},
};

/// Tells the owner, if there is one, at most once an hour.
pub async fn answer(app: &App, conn: &mut PgConnection, email: &Email, request: &MailRequest) -> Result<(), Error> {
    let Some(login) = users::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    let user = login.user;
    if user.status != AccountStatus::Active || app.limits.lockout_notice(email).await.is_err() {
        return Ok(());
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let until = request.requested_at + LOCKOUT_MEMORY;
    Facts { conn, now, rng: &mut rng }.account_locked(&user, until).await?;
    let after = json!({"until": until.unix_timestamp()});
    let actor = Actor::platform(request.ip_prefix.clone());
    Entry::new("account.locked", &actor, now).account(user.id).target(user.id).after(after).record(conn).await?;
    Ok(())
}
