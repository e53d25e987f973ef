//! Signing up.

use curtail_proto::auth::v1::{RegisterRequest, RegisterResponse};
use curtail_proto::events::v1::envelope::Payload;
use curtail_proto::events::v1::{SignupAttempted, UserRegistered};
use curtail_tokens::{Plan, Role};
use rand::CryptoRng;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::domain::{ClientInfo, DeviceToken, Email, FullName, Password};
use crate::events::EventWriter;
use crate::issuer::TokenPair;
use crate::mail_requests::{self, MailRequest};
use crate::mail_tokens::{self, MailPurpose};
use crate::passwords::strength;
use crate::users::{AccountStatus, User};
use crate::workspaces::store::Workspace;
use crate::{App, Error, metrics, sessions, users, verification, workspaces};

pub(crate) async fn register(app: &App, request: Request<RegisterRequest>) -> Result<RegisterResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let signup = SignupRequest {
        email: Email::parse(&request.email)?,
        password: Password::parse(request.password, "password")?,
        full_name: FullName::parse(&request.full_name)?,
    };
    let client = ClientInfo::required(request.client)?;
    let Some((account, pair)) = sign_up(app, signup, &client).await? else {
        return Ok(RegisterResponse::default());
    };
    Ok(RegisterResponse {
        user: Some(account.user.to_proto()),
        workspace: Some(account.workspace.to_proto()),
        tokens: Some(pair.into_proto()),
    })
}

/// The fields of a sign-up.
#[derive(Debug)]
pub(crate) struct SignupRequest {
    /// Must be unique; checked on insert.
    pub(crate) email: Email,
    pub(crate) password: Password,
    pub(crate) full_name: FullName,
}

#[derive(Debug)]
pub(crate) struct NewAccount {
    pub(crate) user: User,
    pub(crate) workspace: Workspace,
}

/// Creates an account and opens its first session. Where sign-ups are private, returns `None`: the result is sent by mail.
pub(crate) async fn sign_up(
    app: &App,
    signup: SignupRequest,
    client: &ClientInfo,
) -> Result<Option<(NewAccount, TokenPair)>, Error> {
    require_strong(&signup, app.settings.min_password_score)?;
    // A refused sign-up counts, too: probing for taken addresses is a series of refused sign-ups.
    let _reservation = app.limits.registration(client).await?;
    if app.settings.private_signup {
        app.limits.mail(&signup.email, None).await?;
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    // Hashed whether or not the address is taken, so that both take the same time (S12).
    let hash = app.hasher.hash(signup.password.clone(), &mut rng).await?;
    if app.settings.private_signup {
        mail_requests::enqueue_sign_up(app, &signup.email, &signup.full_name, hash, client).await?;
        return Ok(None);
    }
    let mut tx = app.pool.begin().await?;
    let options = AccountOptions { platform_admin: false, verified: false, ip_prefix: Some(client.ip_prefix()) };
    let details = AccountDetails { email: &signup.email, full_name: &signup.full_name, password_hash: &hash };
    let account = insert(app, &mut tx, details, options, now, &mut rng).await?;
    let session = sessions::open(app, &mut tx, account.user.id, client, now, &mut rng).await?;
    let device = DeviceToken::generate(&mut rng);
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    Ok(Some((account, pair)))
}

/// Processes a private sign-up. The result is a new account, a notice to the owner of the address, or another verification
/// mail for an account that is not verified yet. Such an account takes over name and password, so that the owner of the address
/// has the password of the latest sign-up. Tokens of earlier sign-ups become invalid.
pub(crate) async fn process_request(
    app: &App,
    conn: &mut PgConnection,
    email: &Email,
    request: &MailRequest,
) -> Result<(), Error> {
    let (Some(name), Some(hash)) = (&request.full_name, &request.password_hash) else { return Ok(()) };
    let full_name = FullName::parse(name)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let Some(login) = users::store::by_email(&mut *conn, &email.key()).await? else {
        let options =
            AccountOptions { platform_admin: false, verified: false, ip_prefix: Some(request.ip_prefix.clone()) };
        let details = AccountDetails { email, full_name: &full_name, password_hash: hash };
        insert(app, conn, details, options, now, &mut rng).await?;
        return Ok(());
    };
    let user = login.user;
    if user.email_verified_at.is_some() || user.status != AccountStatus::Active {
        EventWriter { conn, now, rng: &mut rng }.signup_attempted(&user).await?;
        return Ok(());
    }
    users::store::sign_up_again(&mut *conn, user.id, &full_name, hash, now).await?;
    mail_tokens::delete_of_user(conn, user.id, MailPurpose::Verification).await?;
    verification::send(app, conn, &user, email, now, &mut rng).await?;
    let actor = Actor::platform(request.ip_prefix.clone());
    AuditEntry::new("account.signed_up_again", &actor, now).account(user.id).target(user.id).record(conn).await?;
    Ok(())
}

/// Refuses a password that can be guessed from address and name.
pub(crate) fn require_strong(signup: &SignupRequest, min_score: u32) -> Result<(), Error> {
    let known = [signup.email.as_str(), signup.full_name.as_str()];
    strength::require(&signup.password, &known, min_score, "password")
}

#[derive(Clone, Copy)]
pub(crate) struct AccountDetails<'a> {
    /// Must be unique; checked on insert.
    pub(crate) email: &'a Email,
    pub(crate) full_name: &'a FullName,
    pub(crate) password_hash: &'a str,
}

/// How an account is created.
#[derive(Clone, Debug)]
pub(crate) struct AccountOptions {
    /// Whether it administers the platform. The first account has no special rights (S35).
    pub(crate) platform_admin: bool,
    /// Whether the address counts as verified, as when an operator creates the account; otherwise a mail is sent.
    pub(crate) verified: bool,
    /// The network of the client; `None` for an operator.
    pub(crate) ip_prefix: Option<String>,
}

/// Inserts the account, its personal workspace and their events.
pub(crate) async fn insert(
    app: &App,
    conn: &mut PgConnection,
    details: AccountDetails<'_>,
    options: AccountOptions,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<NewAccount, Error> {
    let user = User {
        id: app.next_id()?,
        email: details.email.as_str().to_owned(),
        email_verified_at: options.verified.then_some(now),
        full_name: details.full_name.as_str().to_owned(),
        status: AccountStatus::Active,
        platform_admin: options.platform_admin,
        created_at: now,
    };
    let workspace = Workspace {
        id: app.next_id()?,
        name: user.full_name.clone(),
        personal: true,
        plan: Plan::Free,
        role: Role::Owner,
        created_at: now,
    };
    if !users::store::insert(conn, &user, details.email, details.full_name, details.password_hash).await? {
        return Err(Error::EmailTaken);
    }
    workspaces::store::insert(conn, &workspace, user.id).await?;
    EventWriter { conn: &mut *conn, now, rng: &mut *rng }.user_registered(&user, workspace.id).await?;
    if !options.verified {
        verification::send(app, conn, &user, details.email, now, rng).await?;
    }
    let actor = options.ip_prefix.map_or_else(Actor::operator, |prefix| Actor::user(user.id, prefix));
    let entry = AuditEntry::new("account.created", &actor, now).account(user.id).target(user.id);
    entry.after(json!({"platformAdmin": user.platform_admin})).record(conn).await?;
    metrics::record_registration();
    Ok(NewAccount { user, workspace })
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn user_registered(&mut self, user: &User, workspace_id: i64) -> Result<(), sqlx::Error> {
        let event = UserRegistered { user: Some(user.to_proto()), personal_workspace_id: workspace_id };
        self.append(workspace_id, Payload::UserRegistered(event)).await
    }

    pub(crate) async fn signup_attempted(&mut self, user: &User) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        self.append(0, Payload::SignupAttempted(SignupAttempted { user_id: user.id, email, full_name })).await
    }
}
