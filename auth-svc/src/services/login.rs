//! Signing in.
//!
//! An unknown address and a wrong password take the same steps: one look-up, one try off the same limits, one hash (S11).

use super::{
    events::Facts,
    issuer::Pair,
    limits::Taken,
    mail_requests::{self, Question},
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

    let matches =
        app.passwords.verify(password.clone(), found.as_ref().map(|login| login.password_hash.as_str())).await;
    let login = match (matches, found) {
        (Ok(true), Some(login)) if may_sign_in(app, &login.user) => login,
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
    succeed(app, login, password, device, client, taken).await
}

/// An address that nobody has proven might be somebody else's: until then, where sign-ups are private, there is no account.
fn may_sign_in(app: &App, user: &User) -> bool {
    user.email_verified_at.is_some() || !app.settings.private_signup
}

async fn succeed(
    app: &App,
    login: users::Login,
    password: Password,
    device: Option<DeviceToken>,
    client: &ClientInfo,
    taken: Taken,
) -> Result<(User, Pair), Error> {
    app.limits.succeeded(taken).await;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    // The one moment at which the password is known: hash it at today's costs, unless there is no place for it now.
    if app.passwords.is_outdated(&login.password_hash)
        && let Ok(hash) = app.passwords.hash(password, &mut rng).await
    {
        users::set_password(&app.pool, login.user.id, &hash, now).await?;
    }
    let mut tx = app.pool.begin().await?;
    let session = sessions::open(app, &mut tx, login.user.id, client, now, &mut rng).await?;
    if device.is_none() {
        Facts { conn: &mut tx, now, rng: &mut rng }.new_device_signed_in(&login.user, &session).await?;
    }
    let device = device.unwrap_or_else(|| DeviceToken::generate(&mut rng));
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    metrics::counter!("auth_logins_total", "outcome" => "ok").increment(1);
    Ok((login.user, pair))
}
