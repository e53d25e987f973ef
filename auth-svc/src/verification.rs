//! Verification of e-mail addresses.

use curtail_proto::auth::v1::{
    ResendVerificationRequest, ResendVerificationResponse, VerifyEmailRequest, VerifyEmailResponse,
};
use curtail_proto::events::v1::EmailVerificationRequested;
use curtail_proto::events::v1::envelope::Payload;
use rand::CryptoRng;
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::domain::{ClientInfo, DeviceToken, Email};
use crate::events::EventWriter;
use crate::issuer::TokenPair;
use crate::mail_requests::{self, MailRequestKind};
use crate::mail_tokens::{self, MailPurpose, MailToken, NewToken};
use crate::users::{AccountStatus, User};
use crate::{App, Error, sessions, users};

/// Lifetime of the token in a verification mail.
pub(crate) const VERIFICATION_LIFE: Duration = Duration::hours(24);

pub(crate) async fn verify_email(
    app: &App,
    request: Request<VerifyEmailRequest>,
) -> Result<VerifyEmailResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let token = MailToken::parse(&request.token)?;
    let client = ClientInfo::required(request.client)?;
    let (user, pair) = verify(app, &token, &client).await?;
    Ok(VerifyEmailResponse { user: Some(user.to_proto()), tokens: Some(pair.into_proto()) })
}

pub(crate) async fn resend_verification(
    app: &App,
    request: Request<ResendVerificationRequest>,
) -> Result<ResendVerificationResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let (email, client) = (Email::parse(&request.email)?, ClientInfo::required(request.client)?);
    resend(app, &email, &client).await?;
    Ok(ResendVerificationResponse {})
}

/// Requests the verification mail of the account.
pub(crate) async fn send(
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
    EventWriter { conn, now, rng }.email_verification_requested(user, &token, expires_at).await?;
    Ok(())
}

/// Requests the mail again.
pub(crate) async fn resend(app: &App, email: &Email, client: &ClientInfo) -> Result<(), Error> {
    app.limits.mail(email, Some(client)).await?;
    mail_requests::enqueue(app, MailRequestKind::Verification, email, client).await
}

/// Sends the mail again if there is an unverified account.
pub(crate) async fn process_request(app: &App, conn: &mut PgConnection, email: &Email) -> Result<(), Error> {
    let Some(login) = users::store::by_email(&mut *conn, &email.key()).await? else { return Ok(()) };
    if login.user.status == AccountStatus::Active && login.user.email_verified_at.is_none() {
        let (now, mut rng) = (app.now(), app.entropy.fork());
        send(app, conn, &login.user, email, now, &mut rng).await?;
    }
    Ok(())
}

/// Redeems the token of a mail: the address is verified, and the reader of the mail is signed in.
pub(crate) async fn verify(app: &App, token: &MailToken, client: &ClientInfo) -> Result<(User, TokenPair), Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = token.hash(&app.secrets.mail_token, MailPurpose::Verification);
    let mut tx = app.pool.begin().await?;
    let payload = mail_tokens::take(&mut tx, hash, now).await?.ok_or(Error::MailTokenInvalid)?;
    let login = users::store::by_id(&mut *tx, payload.user_id).await?.ok_or(Error::MailTokenInvalid)?;
    let mut user = login.user;
    user.status.require_active(Error::MailTokenInvalid)?;
    if user.email.to_ascii_lowercase() != payload.email_key {
        return Err(Error::MailTokenInvalid);
    }
    mail_tokens::delete_of_user(&mut tx, user.id, MailPurpose::Verification).await?;
    let actor = Actor::user(user.id, client.ip_prefix());
    if user.email_verified_at.is_none() {
        users::store::set_verified(&mut *tx, user.id, now).await?;
        user.email_verified_at = Some(now);
        let entry = AuditEntry::new("email.verified", &actor, now).account(user.id).target(user.id);
        entry.before(json!({"verified": false})).after(json!({"verified": true})).record(&mut tx).await?;
    }
    let known = DeviceToken::verify(&app.secrets.device, user.id, &client.device);
    let session = sessions::open(app, &mut tx, user.id, client, now, &mut rng).await?;
    let device = known.unwrap_or_else(|| DeviceToken::generate(&mut rng));
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    Ok((user, pair))
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn email_verification_requested(
        &mut self,
        user: &User,
        token: &MailToken,
        expires_at: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        let event = EmailVerificationRequested {
            user_id: user.id,
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            token: token.expose(),
            expires_at: Some(curtail_proto::timestamp(expires_at)),
        };
        self.append(0, Payload::EmailVerificationRequested(event)).await
    }
}
