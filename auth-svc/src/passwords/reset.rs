//! Password reset: a new password for a user who has forgotten the old one but reads the account's mail.

use curtail_proto::auth::v1::{
    RequestPasswordResetRequest, RequestPasswordResetResponse, ResetPasswordRequest, ResetPasswordResponse,
};
use curtail_proto::events::v1::PasswordResetRequested;
use curtail_proto::events::v1::envelope::Payload;
use rand::CryptoRng;
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::domain::{ClientInfo, Email, Password};
use crate::events::EventWriter;
use crate::mail_requests::{self, MailRequest, MailRequestKind};
use crate::mail_tokens::{self, MailPurpose, MailToken, NewToken};
use crate::passwords::strength;
use crate::revocations::RevocationSubject;
use crate::users::{AccountStatus, User};
use crate::{App, Error, sessions, users};

/// Lifetime of the token in a mail for a password reset.
pub(crate) const RESET_LIFE: Duration = Duration::hours(1);

pub(crate) async fn request_password_reset(
    app: &App,
    request: Request<RequestPasswordResetRequest>,
) -> Result<RequestPasswordResetResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let (email, client) = (Email::parse(&request.email)?, ClientInfo::required(request.client)?);
    enqueue(app, &email, &client).await?;
    Ok(RequestPasswordResetResponse {})
}

pub(crate) async fn reset_password(
    app: &App,
    request: Request<ResetPasswordRequest>,
) -> Result<ResetPasswordResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let new = Password::parse(request.new_password, "new_password")?;
    let token = MailToken::parse(&request.token)?;
    let client = ClientInfo::required(request.client)?;
    reset(app, &token, new, &client).await?;
    Ok(ResetPasswordResponse {})
}

pub(crate) async fn enqueue(app: &App, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    app.limits.mail(email, Some(client)).await?;
    mail_requests::enqueue(app, MailRequestKind::Reset, email, client).await
}

/// Sends the mail if there is an account.
pub(crate) async fn process_request(
    app: &App,
    conn: &mut PgConnection,
    email: &Email,
    request: &MailRequest,
) -> Result<(), Error> {
    let Some(login) = users::store::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    let user = login.user;
    if user.status != AccountStatus::Active {
        return Ok(());
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let (token, expires_at) = (MailToken::generate(&mut rng), now + RESET_LIFE);
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Reset);
    let row = NewToken { hash, purpose: MailPurpose::Reset, user_id: user.id, email_key: &email.key(), expires_at };
    mail_tokens::insert(conn, &row, now).await?;
    EventWriter { conn: &mut *conn, now, rng: &mut rng }.password_reset_requested(&user, &token, expires_at).await?;
    let actor = Actor::platform(request.ip_prefix.clone());
    AuditEntry::new("password.reset_requested", &actor, now).account(user.id).target(user.id).record(conn).await?;
    Ok(())
}

/// Redeems the token of a mail. Every session ends, because one of them may be the reason; the mail verifies the address, too.
pub(crate) async fn reset(app: &App, token: &MailToken, new: Password, client: &ClientInfo) -> Result<(), Error> {
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Reset);
    // Checked first: a password is hashed only for callers with a token.
    let payload = mail_tokens::find(&app.pool, hash, app.now()).await?.ok_or(Error::MailTokenInvalid)?;
    let login = users::store::by_id(&app.pool, payload.user_id).await?.ok_or(Error::MailTokenInvalid)?;
    let user = login.user;
    if user.status != AccountStatus::Active || user.email.to_ascii_lowercase() != payload.email_key {
        return Err(Error::MailTokenInvalid);
    }
    let known = [user.email.as_str(), user.full_name.as_str()];
    strength::require(&new, &known, app.settings.min_password_score, "new_password")?;
    let mut rng = app.entropy.fork();
    let phc = app.hasher.hash(new, &mut rng).await?;

    let now = app.now();
    let mut tx = app.pool.begin().await?;
    mail_tokens::take(&mut tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    mail_tokens::delete_of_user(&mut tx, user.id, MailPurpose::Reset).await?;
    users::store::set_password(&mut *tx, user.id, &phc, now).await?;
    users::store::set_verified(&mut *tx, user.id, now).await?;
    let ended = sessions::store::end_all(&mut tx, user.id, None, now).await?;
    let mut events = EventWriter { conn: &mut tx, now, rng: &mut rng };
    events.password_changed(user.id).await?;
    events.sessions_ended(&ended).await?;
    events.revoked(RevocationSubject::User(user.id)).await?;
    let actor = Actor::user(user.id, client.ip_prefix());
    let entry = AuditEntry::new("password.reset", &actor, now).account(user.id).target(user.id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn password_reset_requested(
        &mut self,
        user: &User,
        token: &MailToken,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let event = PasswordResetRequested {
            user_id: user.id,
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(expires_at)),
        };
        self.append(0, Payload::PasswordResetRequested(event)).await
    }
}
