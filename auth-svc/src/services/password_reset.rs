//! A new password for somebody who has forgotten the old one but reads the account's mail.

use serde_json::json;
use sqlx::PgConnection;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    mail_requests::{self, Question},
    strength,
};
use crate::{
    App, Error,
    domain::{AccountStatus, ClientInfo, Email, MailPurpose, MailToken, Password},
    settings::RESET_LIFE,
    store::{
        mail_requests::MailRequest,
        mail_tokens::{self, NewToken},
        revocations::Revoked,
        sessions, users,
    },
};

/// Asks for a reset.
pub async fn request(app: &App, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    app.limits.mail(email, Some(client)).await?;
    mail_requests::ask(app, Question::Reset, email, client).await
}

/// Sends the mail if there is an account.
pub async fn answer(app: &App, conn: &mut PgConnection, email: &Email, request: &MailRequest) -> Result<(), Error> {
    let Some(login) = users::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    let user = login.user;
    if user.status != AccountStatus::Active {
        return Ok(());
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let (token, expires_at) = (MailToken::generate(&mut rng), now + RESET_LIFE);
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Reset);
    let row = NewToken { hash, purpose: MailPurpose::Reset, user_id: user.id, email_key: &email.key(), expires_at };
    mail_tokens::insert(conn, &row, now).await?;
    Facts { conn: &mut *conn, now, rng: &mut rng }.password_reset_requested(&user, &token, expires_at).await?;
    let actor = Actor::platform(request.ip_prefix.clone());
    Entry::new("password.reset_requested", &actor, now).account(user.id).target(user.id).record(conn).await?;
    Ok(())
}

/// Uses the token of a mail. Every session ends, because one of them may be why; the mail has proven the address, too.
pub async fn reset(app: &App, token: &MailToken, new: Password, client: &ClientInfo) -> Result<(), Error> {
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Reset);
    // Looked at first: a password is hashed only for those who have a token.
    let held = mail_tokens::find(&app.pool, hash, app.now()).await?.ok_or(Error::MailTokenInvalid)?;
    let login = users::by_id(&app.pool, held.user_id).await?.ok_or(Error::MailTokenInvalid)?;
    let user = login.user;
    if user.status != AccountStatus::Active || user.email.to_ascii_lowercase() != held.email_key {
        return Err(Error::MailTokenInvalid);
    }
    let known = [user.email.as_str(), user.full_name.as_str()];
    strength::require(&new, &known, app.settings.min_password_score, "new_password")?;
    let mut rng = app.entropy.fork();
    let phc = app.passwords.hash(new, &mut rng).await?;

    let now = app.now();
    let mut tx = app.pool.begin().await?;
    mail_tokens::take(&mut tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    mail_tokens::delete_of_user(&mut tx, user.id, MailPurpose::Reset).await?;
    users::set_password(&mut *tx, user.id, &phc, now).await?;
    users::set_verified(&mut *tx, user.id, now).await?;
    let ended = sessions::end_all(&mut tx, user.id, None, now).await?;
    let mut facts = Facts { conn: &mut tx, now, rng: &mut rng };
    facts.password_changed(user.id).await?;
    facts.sessions_ended(&ended).await?;
    facts.revoked(Revoked::User(user.id)).await?;
    let actor = Actor::user(user.id, client.ip_prefix());
    let entry = Entry::new("password.reset", &actor, now).account(user.id).target(user.id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await
}
