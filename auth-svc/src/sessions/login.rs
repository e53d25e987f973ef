//! Signing in.
//!
//! An unknown address and a wrong password take the same steps: one look-up, one attempt from the same limits, one hash (S11).

use curtail_proto::auth::v1::{LoginRequest, LoginResponse};
use curtail_proto::events::v1::AccountLocked;
use curtail_proto::events::v1::envelope::Payload;
use rand::CryptoRng;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::domain::{ClientInfo, DeviceToken, Email, Password};
use crate::events::EventWriter;
use crate::issuer::TokenPair;
use crate::limits::LOCKOUT_MEMORY;
use crate::mail_requests::{self, MailRequest, MailRequestKind};
use crate::password_hasher::Verification;
use crate::users::store::Credentials;
use crate::users::{AccountStatus, User};
use crate::{App, Error, metrics, sessions, users};

pub(crate) async fn login(app: &App, request: Request<LoginRequest>) -> Result<LoginResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    // A value that cannot be an address or a password is refused as such: that reveals no account.
    let email = Email::parse(&request.email)?;
    let password = Password::parse(request.password, "password")?;
    let client = ClientInfo::required(request.client)?;
    let (user, pair) = log_in(app, &email, password, &client).await?;
    Ok(LoginResponse { user: Some(user.to_proto()), tokens: Some(pair.into_proto()) })
}

/// Checks the password and opens a session.
pub(crate) async fn log_in(
    app: &App,
    email: &Email,
    password: Password,
    client: &ClientInfo,
) -> Result<(User, TokenPair), Error> {
    let found = users::store::by_email(&app.pool, &email.key()).await?;
    // Without an account the cookie is checked against an id that no account has.
    let user_id = found.as_ref().map_or(0, |login| login.user.id);
    let device = DeviceToken::verify(&app.secrets.device, user_id, &client.device);
    let reservation = app.limits.login(client, email, device.map(|device| (user_id, device))).await?;

    let verification =
        app.hasher.verify(password.clone(), found.as_ref().map(|login| login.password_hash.as_str())).await;
    let (verification, login) = match (verification, found) {
        (Ok(verification), Some(login)) if verification.is_match() && may_sign_in(app, &login.user) => {
            (verification, login)
        }
        (Ok(_), _) => {
            if reservation.is_lockout() {
                mail_requests::enqueue(app, MailRequestKind::Lockout, email, client).await?;
            }
            metrics::record_login("refused");
            return Err(Error::BadCredentials);
        }
        (Err(error), _) => {
            app.limits.refund(reservation).await;
            return Err(error);
        }
    };
    login.user.status.require_active(Error::BadCredentials)?;
    app.limits.succeeded(reservation).await;
    rehash(app, &login, password, verification).await?;
    open_session(app, login.user, device, client).await
}

/// An unverified address may belong to someone else. Where sign-ups are private, there is no account until it is verified.
fn may_sign_in(app: &App, user: &User) -> bool {
    user.email_verified_at.is_some() || !app.settings.private_signup
}

/// Replaces a hash of other costs, or one of the password as it was sent. This is the only time that the password is available.
/// If no hashing slot is free, the next login does it.
async fn rehash(app: &App, login: &Credentials, password: Password, verification: Verification) -> Result<(), Error> {
    if verification == Verification::RawMatch || app.hasher.is_outdated(&login.password_hash) {
        let (now, mut rng) = (app.now(), app.entropy.fork());
        if let Ok(hash) = app.hasher.hash(password, &mut rng).await {
            users::store::set_password(&app.pool, login.user.id, &hash, now).await?;
        }
    }
    Ok(())
}

async fn open_session(
    app: &App,
    user: User,
    device: Option<DeviceToken>,
    client: &ClientInfo,
) -> Result<(User, TokenPair), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let session = sessions::open(app, &mut tx, user.id, client, now, &mut rng).await?;
    if device.is_none() {
        EventWriter { conn: &mut tx, now, rng: &mut rng }.new_device_signed_in(&user, &session).await?;
    }
    let device = device.unwrap_or_else(|| DeviceToken::generate(&mut rng));
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    metrics::record_login("ok");
    Ok((user, pair))
}

/// Notifies the owner, if there is one, at most once an hour.
pub(crate) async fn notify_owner(
    app: &App,
    conn: &mut PgConnection,
    email: &Email,
    request: &MailRequest,
) -> Result<(), Error> {
    let Some(login) = users::store::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    let user = login.user;
    if user.status != AccountStatus::Active || app.limits.lockout_notice(email).await.is_err() {
        return Ok(());
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let until = request.requested_at + LOCKOUT_MEMORY;
    EventWriter { conn, now, rng: &mut rng }.account_locked(&user, until).await?;
    let after = json!({"until": until.unix_timestamp()});
    let actor = Actor::platform(request.ip_prefix.clone());
    AuditEntry::new("account.locked", &actor, now).account(user.id).target(user.id).after(after).record(conn).await?;
    Ok(())
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn account_locked(&mut self, user: &User, until: OffsetDateTime) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        let until = Some(curtail_proto::timestamp(until));
        self.append(0, Payload::AccountLocked(AccountLocked { user_id: user.id, email, full_name, until })).await
    }
}
