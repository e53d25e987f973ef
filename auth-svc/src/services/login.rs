//! Signing in.
//!
//! An unknown address and a wrong password take the same steps: one look-up, one try off the same limits, one hash (S11).

use super::{
    events::Facts,
    issuer::Pair,
    mail_requests::{self, Question},
    passwords::Verification,
    sessions,
};
use crate::{
    App, Error,
    domain::{ClientInfo, DeviceToken, Email, Password, User},
    store::users,
};

/// Checks the password and opens a session.
pub async fn log_in(app: &App, email: &Email, password: Password, client: &ClientInfo) -> Result<(User, Pair), Error> {
    let found = users::by_email(&app.pool, &email.key()).await?;
    // Without an account the cookie is checked against one that cannot be.
    let user_id = found.as_ref().map_or(0, |login| login.user.id);
    let device = DeviceToken::verify(&app.secrets.device, user_id, &client.device);
    let taken = app.limits.login(client, email, device.map(|device| (user_id, device))).await?;

    let verification =
        app.passwords.verify(password.clone(), found.as_ref().map(|login| login.password_hash.as_str())).await;
    let (verification, login) = match (verification, found) {
        (Ok(verification), Some(login)) if verification.is_match() && may_sign_in(app, &login.user) => {
            (verification, login)
        }
        (Ok(_), _) => {
            if taken.is_lockout() {
                mail_requests::ask(app, Question::Lockout, email, client).await?;
            }
            metrics::counter!("auth_logins_total", "outcome" => "refused").increment(1);
            return Err(Error::BadCredentials);
        }
        (Err(error), _) => {
            app.limits.undone(taken).await;
            return Err(error);
        }
    };
    login.user.status.require_active(Error::BadCredentials)?;
    app.limits.succeeded(taken).await;
    rehash(app, &login, password, verification).await?;
    succeed(app, login.user, device, client).await
}

/// An address that nobody has proven might be somebody else's: until then, where sign-ups are private, there is no account.
fn may_sign_in(app: &App, user: &User) -> bool {
    user.email_verified_at.is_some() || !app.settings.private_signup
}

/// Replaces a hash of other costs, or one of the password as it was sent. This is the only time that the password is available.
/// If no hashing slot is free, the next login does it.
async fn rehash(app: &App, login: &users::Login, password: Password, verification: Verification) -> Result<(), Error> {
    if verification == Verification::RawMatch || app.passwords.is_outdated(&login.password_hash) {
        let (now, mut rng) = (app.now(), app.entropy.fork());
        if let Ok(hash) = app.passwords.hash(password, &mut rng).await {
            users::set_password(&app.pool, login.user.id, &hash, now).await?;
        }
    }
    Ok(())
}

async fn succeed(
    app: &App,
    user: User,
    device: Option<DeviceToken>,
    client: &ClientInfo,
) -> Result<(User, Pair), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let session = sessions::open(app, &mut tx, user.id, client, now, &mut rng).await?;
    if device.is_none() {
        Facts { conn: &mut tx, now, rng: &mut rng }.new_device_signed_in(&user, &session).await?;
    }
    let device = device.unwrap_or_else(|| DeviceToken::generate(&mut rng));
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    metrics::counter!("auth_logins_total", "outcome" => "ok").increment(1);
    Ok((user, pair))
}
