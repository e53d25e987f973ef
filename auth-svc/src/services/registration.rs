//! Signing up.

use rand::CryptoRng;
use time::OffsetDateTime;
use tokens::{Plan, Role};

use super::{events::Facts, issuer::Pair, sessions, strength};
use crate::{
    App, Error,
    domain::{AccountStatus, ClientInfo, DeviceToken, Email, FullName, Password, User},
    store::{
        users,
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

/// Makes an account and opens its first session.
pub async fn register(app: &App, applicant: Applicant, client: &ClientInfo) -> Result<(Registered, Pair), Error> {
    require_strong(&applicant, app.settings.min_password_score)?;
    // A refused sign-up counts too: that is what looking for taken addresses consists of.
    let _counted = app.limits.registration(client).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    // Hashed whether or not the address is taken, so that a taken one answers no sooner (S12).
    let hash = app.passwords.hash(applicant.password.clone(), &mut rng).await?;
    let mut tx = app.pool.begin().await?;
    let registered = insert(app, &mut tx, &applicant, &hash, false, now, &mut rng).await?;
    let session = sessions::open(app, &mut tx, registered.user.id, client, now, &mut rng).await?;
    let device = DeviceToken::generate(&mut rng);
    let pair = app.issuer.pair(&session, Some(device), now, &mut rng)?;
    app.commit(tx).await?;
    metrics::counter!("auth_registrations_total").increment(1);
    Ok((registered, pair))
}

/// Refuses a password that can be guessed from what everybody knows of the applicant.
pub fn require_strong(applicant: &Applicant, min_score: u32) -> Result<(), Error> {
    let known = [applicant.email.as_str(), applicant.full_name.as_str()];
    strength::require(&applicant.password, &known, min_score, "password")
}

/// Inserts the account, its personal workspace and their events.
pub async fn insert(
    app: &App,
    conn: &mut sqlx::PgConnection,
    applicant: &Applicant,
    password_hash: &str,
    platform_admin: bool,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<Registered, Error> {
    let user = User {
        id: app.next_id()?,
        email: applicant.email.as_str().to_owned(),
        email_verified_at: None,
        full_name: applicant.full_name.as_str().to_owned(),
        status: AccountStatus::Active,
        platform_admin,
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
    if !users::insert(conn, &user, &applicant.email, &applicant.full_name, password_hash).await? {
        return Err(Error::EmailTaken);
    }
    workspaces::insert(conn, &workspace, user.id).await?;
    let mut facts = Facts { conn, now, rng };
    facts.user_registered(&user, workspace.id).await?;
    facts.email_verification_requested(&user, &applicant.email, &app.secrets.verification).await?;
    Ok(Registered { user, workspace })
}
