//! What the operator does without a running service: directly on the database, with the same checks and the same events.

use std::sync::Arc;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    SCHEMA,
    app::{App, Parts},
    domain::{AccountStatus, Email, FullName, Password},
    entropy::Entropy,
    services::{
        audit::{Actor, Entry},
        erasure,
        events::Facts,
        registration::{self, Applicant, Identity, Made},
    },
    start::MIGRATOR,
    store::{revocations::Revoked, sessions, signing_keys, users},
};

/// An account that the operator makes.
#[derive(Clone)]
pub struct NewUser {
    /// Its address.
    pub email: String,
    /// Its password; the strength check applies.
    pub password: String,
    /// Its name.
    pub full_name: String,
    /// Whether it administers the platform.
    pub platform_admin: bool,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("email", &self.email).finish_non_exhaustive()
    }
}

/// A signing key without its secret.
#[derive(Clone, Debug)]
pub struct KeyInfo {
    /// PASERK k4.pid.
    pub kid: String,
    /// From when on it signs.
    pub signing_from: OffsetDateTime,
    /// Until when its tokens are good; `None` for the newest.
    pub verify_until: Option<OffsetDateTime>,
}

/// Makes an account with its personal workspace; the account's id.
///
/// # Errors
/// When a field is out of its bounds, the address is taken, or the database is away.
pub async fn create_user(config: &Config, user: NewUser) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let applicant = Applicant {
        email: Email::parse(&user.email)?,
        password: Password::parse(user.password, "password")?,
        full_name: FullName::parse(&user.full_name)?,
    };
    registration::require_strong(&applicant, config.auth.min_password_score)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = app.passwords.hash(applicant.password.clone(), &mut rng).await?;
    let mut tx = app.pool.begin().await?;
    // The operator vouches for the address.
    let made = Made { platform_admin: user.platform_admin, verified: true, ip_prefix: None };
    let identity = Identity { email: &applicant.email, full_name: &applicant.full_name, password_hash: &hash };
    let made = registration::insert(&app, &mut tx, identity, made, now, &mut rng).await?;
    tx.commit().await?;
    Ok(made.user.id)
}

/// Makes an account an administrator of the platform; the account's id. Its access tokens have to be refreshed.
///
/// # Errors
/// When there is no such address, or the database is away.
pub async fn promote_user(config: &Config, email: &str) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let email = Email::parse(email)?;
    let mut tx = app.pool.begin().await?;
    let id = users::promote(&mut *tx, &email.key(), now).await?;
    let id = id.with_context(|| format!("there is no account with the address {}", email.as_str()))?;
    Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::User(id)).await?;
    let entry = Entry::new("account.promoted", &Actor::operator(), now).account(id).target(id);
    entry.after(json!({"platformAdmin": true})).record(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}

/// What an operator can make of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It may be used, again.
    Active,
    /// It may not be used until it is active again; its sessions end.
    Suspended,
    /// It is erased for good, as by its owner.
    Erased,
}

/// Suspends, reactivates or erases an account; the account's id.
///
/// # Errors
/// When there is no such address, the account owns a workspace with other members alone (only for erasing), or the database is
/// away.
pub async fn set_fate(config: &Config, email: &str, fate: Fate) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let email = Email::parse(email)?;
    let mut tx = app.pool.begin().await?;
    let login = users::by_email(&mut *tx, &email.key()).await?;
    let user = login.with_context(|| format!("there is no account with the address {}", email.as_str()))?.user;
    let status = match fate {
        Fate::Active => AccountStatus::Active,
        Fate::Suspended => AccountStatus::Suspended,
        Fate::Erased => {
            erasure::remove(&app, &mut tx, &user, &Actor::operator(), now, &mut rng).await?;
            tx.commit().await?;
            return Ok(user.id);
        }
    };
    users::set_status(&mut *tx, user.id, status, now).await?;
    if status == AccountStatus::Suspended {
        let ended = sessions::end_all(&mut tx, user.id, None, now).await?;
        let mut facts = Facts { conn: &mut tx, now, rng: &mut rng };
        facts.sessions_ended(&ended).await?;
        facts.revoked(Revoked::User(user.id)).await?;
    }
    let name = |status: AccountStatus| json!({"status": format!("{status:?}").to_uppercase()});
    let entry = Entry::new("account.status_changed", &Actor::operator(), now).account(user.id).target(user.id);
    entry.before(name(user.status)).after(name(status)).record(&mut tx).await?;
    tx.commit().await?;
    Ok(user.id)
}

/// Announces a new signing key, which takes over a few seconds later; its id. The old ones verify until their last token has
/// expired.
///
/// # Errors
/// When the database is away.
pub async fn rotate_keys(config: &Config) -> anyhow::Result<String> {
    let app = app(config).await?;
    Ok(app.keys.rotate(&mut app.entropy.fork()).await?)
}

/// Removes a signing key: whatever it signed is refused within two seconds.
///
/// # Errors
/// When there is no such key, it is the only one, or the database is away.
pub async fn remove_key(config: &Config, kid: &str) -> anyhow::Result<()> {
    Ok(app(config).await?.keys.remove(kid).await?)
}

/// The signing keys, the newest first.
///
/// # Errors
/// When the database is away.
pub async fn list_keys(config: &Config) -> anyhow::Result<Vec<KeyInfo>> {
    let rows = signing_keys::all(&app(config).await?.pool).await?;
    let info = |row: signing_keys::SigningKeyRow| KeyInfo {
        kid: row.kid,
        signing_from: row.signing_from,
        verify_until: row.verify_until,
    };
    Ok(rows.into_iter().map(info).collect())
}

/// An app for one command. A service that runs anywhere publishes its events.
async fn app(config: &Config) -> anyhow::Result<Arc<App>> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let pool = curtail_db::connect(&config.database, SCHEMA).await?;
    curtail_db::require_migrated(&pool, &MIGRATOR).await?;
    let redis = curtail_streams::connect(&config.redis).await?;
    let ids = curtail_ids::Generator::lease(pool.clone(), "curtail", clock.clone(), None).await?;
    Ok(Arc::new(App::new(config, Parts { pool, redis, clock, entropy, ids, outbox: None })?))
}
