//! Proving that an address is one's own.

use rand::CryptoRng;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    issuer::Pair,
    mail_requests::{self, Question},
    sessions,
};
use crate::{
    App, Error,
    domain::{AccountStatus, ClientInfo, DeviceToken, Email, MailPurpose, MailToken, User},
    settings::VERIFICATION_LIFE,
    store::{
        mail_tokens::{self, NewToken},
        users,
    },
};

/// Has the verification mail of the account sent.
pub async fn send(
    app: &App,
    conn: &mut PgConnection,
    user: &User,
    email: &Email,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<(), Error> {
    let (token, expires_at) = (MailToken::generate(rng), now + VERIFICATION_LIFE);
    let purpose = MailPurpose::Verification;
    let hash = token.hash(&app.secrets.mail_token, purpose);
    let row = NewToken { hash, purpose, user_id: user.id, email_key: &email.key(), expires_at };
    mail_tokens::insert(conn, &row, now).await?;
    Facts { conn, now, rng }.email_verification_requested(user, &token, expires_at).await?;
    Ok(())
}

/// Asks for the mail once more.
pub async fn resend(app: &App, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    app.limits.mail(email, Some(client)).await?;
    mail_requests::ask(app, Question::Verification, email, client).await
}

/// Sends the mail once more if there is an account that waits for it.
pub async fn answer(app: &App, conn: &mut PgConnection, email: &Email) -> Result<(), Error> {
    let Some(login) = users::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    if login.user.status == AccountStatus::Active && login.user.email_verified_at.is_none() {
        let (now, mut rng) = (app.now(), app.entropy.fork());
        send(app, conn, &login.user, email, now, &mut rng).await?;
    }
    Ok(())
}

/// Uses the token of a mail: the address is proven, and whoever read the mail is signed in.
pub async fn verify(app: &App, token: &MailToken, client: &ClientInfo) -> Result<(User, Pair), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Verification);
    let mut tx = app.pool.begin().await?;
    let held = mail_tokens::take(&mut tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    let login = users::by_id(&mut *tx, held.user_id).await?.ok_or(Error::MailTokenInvalid)?;
    let mut user = login.user;
    user.status.require_active(Error::MailTokenInvalid)?;
    if user.email.to_ascii_lowercase() != held.email_key {
        return Err(Error::MailTokenInvalid);
    }
    mail_tokens::delete_of_user(&mut tx, user.id, MailPurpose::Verification).await?;
    let actor = Actor::user(user.id, client.ip_prefix());
    if user.email_verified_at.is_none() {
        users::set_verified(&mut *tx, user.id, now).await?;
        user.email_verified_at = Some(now);
        let entry = Entry::new("email.verified", &actor, now).account(user.id).target(user.id);
        entry.before(json!({"verified": false})).after(json!({"verified": true})).record(&mut tx).await?;
    }
    let known = DeviceToken::verify(&app.secrets.device, user.id, &client.device);
    let session = sessions::open(app, &mut tx, user.id, client, now, &mut rng).await?;
    let device = known.unwrap_or_else(|| DeviceToken::generate(&mut rng));
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    Ok((user, pair))
}
