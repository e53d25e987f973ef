//! Signing up.

use curtail_tokens::{Plan, Role};
use rand::CryptoRng;
use sqlx::PgConnection;
use time::OffsetDateTime;

use serde_json::json;

use super::{
    audit::{Actor, Entry},
    events::Facts,
    issuer::Pair,
    mail_requests, sessions, strength, verification,
};
use crate::{
    App, Error,
    domain::{AccountStatus, ClientInfo, DeviceToken, Email, FullName, MailPurpose, Password, User},
    store::{
        mail_requests::MailRequest,
        mail_tokens, users,
        workspaces::{self, Workspace},
    },
};

/// What somebody signs up with.
#[derive(Debug)]
pub struct Applicant {
    /// Not taken yet, one hopes.
    pub email: Email,
    /// New.
    pub password: Password,
    /// As it is shown.
    pub full_name: FullName,
}

/// A new account.
#[derive(Debug)]
pub struct Registered {
    /// The account.
    pub user: User,
    /// Its personal workspace.
    pub workspace: Workspace,
}

/// Makes an account and opens its first session. Where sign-ups are private, `None`: the rest goes by mail.
pub async fn register(
    app: &App,
    applicant: Applicant,
    client: &ClientInfo,
) -> Result<Option<(Registered, Pair)>, Error> {
    require_strong(&applicant, app.settings.min_password_score)?;
    // A refused sign-up counts too: that is what looking for taken addresses consists of.
    let _counted = app.limits.registration(client).await?;
    if app.settings.private_signup {
        app.limits.mail(&applicant.email, None).await?;
    }
    let (now, mut rng) = (app.now(), app.entropy.fork());
    // Hashed whether or not the address is taken, so that a taken one answers no sooner (S12).
    let hash = app.passwords.hash(applicant.password.clone(), &mut rng).await?;
    if app.settings.private_signup {
        mail_requests::sign_up(app, &applicant, hash, client).await?;
        return Ok(None);
    }
    let mut tx = app.pool.begin().await?;
    let made = Made { platform_admin: false, verified: false, ip_prefix: Some(client.ip_prefix()) };
    let identity = Identity { email: &applicant.email, full_name: &applicant.full_name, password_hash: &hash };
    let registered = insert(app, &mut tx, identity, made, now, &mut rng).await?;
    let session = sessions::open(app, &mut tx, registered.user.id, client, now, &mut rng).await?;
    let device = DeviceToken::generate(&mut rng);
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    Ok(Some((registered, pair)))
}

/// What becomes of a private sign-up: a new account, a notice to the owner of the address, or another verification of an
/// account that nobody has proven yet. That one takes over name and password, so that whoever proves the address has the
/// password of the latest sign-up, and the tokens of earlier ones are worth nothing.
pub async fn answer(app: &App, conn: &mut PgConnection, email: &Email, request: &MailRequest) -> Result<(), Error> {
    let (Some(name), Some(hash)) = (&request.full_name, &request.password_hash) else { return Ok(()) };
    let full_name = FullName::parse(name)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let Some(login) = users::by_email(&mut *conn, &email.key()).await? else {
        let made = Made { platform_admin: false, verified: false, ip_prefix: Some(request.ip_prefix.clone()) };
        let identity = Identity { email, full_name: &full_name, password_hash: hash };
        insert(app, conn, identity, made, now, &mut rng).await?;
        return Ok(());
    };
    let user = login.user;
    if user.email_verified_at.is_some() || user.status != AccountStatus::Active {
        Facts { conn, now, rng: &mut rng }.signup_attempted(&user).await?;
        return Ok(());
    }
    users::sign_up_again(&mut *conn, user.id, &full_name, hash, now).await?;
    mail_tokens::delete_of_user(conn, user.id, MailPurpose::Verification).await?;
    verification::send(app, conn, &user, email, now, &mut rng).await?;
    let actor = Actor::platform(request.ip_prefix.clone());
    Entry::new("account.signed_up_again", &actor, now).account(user.id).target(user.id).record(conn).await?;
    Ok(())
}

/// Refuses a password that can be guessed from what everybody knows of the applicant.
pub fn require_strong(applicant: &Applicant, min_score: u32) -> Result<(), Error> {
    let known = [applicant.email.as_str(), applicant.full_name.as_str()];
    strength::require(&applicant.password, &known, min_score, "password")
}

/// Whose account it is.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a password hash is not shown")]
pub struct Identity<'a> {
    /// Not taken yet, one hopes.
    pub email: &'a Email,
    /// As it is shown.
    pub full_name: &'a FullName,
    /// PHC string.
    pub password_hash: &'a str,
}

/// How an account is made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Whether it administers the platform. Being the first does not matter (S35).
    pub platform_admin: bool,
    /// Whether the address counts as proven, as when an operator makes it; otherwise a mail is due.
    pub verified: bool,
    /// From where; `None` for an operator.
    pub ip_prefix: Option<String>,
}

/// Inserts the account, its personal workspace and their events.
pub async fn insert(
    app: &App,
    conn: &mut PgConnection,
    identity: Identity<'_>,
    made: Made,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<Registered, Error> {
    let user = User {
        id: app.next_id()?,
        email: identity.email.as_str().to_owned(),
        email_verified_at: made.verified.then_some(now),
        full_name: identity.full_name.as_str().to_owned(),
        status: AccountStatus::Active,
        platform_admin: made.platform_admin,
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
    if !users::insert(conn, &user, identity.email, identity.full_name, identity.password_hash).await? {
        return Err(Error::EmailTaken);
    }
    workspaces::insert(conn, &workspace, user.id).await?;
    Facts { conn: &mut *conn, now, rng: &mut *rng }.user_registered(&user, workspace.id).await?;
    if !made.verified {
        verification::send(app, conn, &user, identity.email, now, rng).await?;
    }
    let actor = made.ip_prefix.map_or_else(Actor::operator, |prefix| Actor::user(user.id, prefix));
    let entry = Entry::new("account.created", &actor, now).account(user.id).target(user.id);
    entry.after(json!({"platformAdmin": user.platform_admin})).record(conn).await?;
    metrics::counter!("auth_registrations_total").increment(1);
    Ok(Registered { user, workspace })
}
