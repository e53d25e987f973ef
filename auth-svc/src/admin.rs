//! What the operator does without a running service: directly on the database, with the same checks and the same events.

use std::sync::Arc;

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_config::Config;
use serde_json::json;
use time::OffsetDateTime;

use crate::app::{App, Parts};
use crate::audit::{Actor, AuditEntry};
use crate::domain::{Email, FullName, Password};
use crate::entropy::Entropy;
use crate::events::EventWriter;
use crate::registration::{self, AccountDetails, AccountOptions, SignupRequest};
use crate::revocations::RevocationSubject;
use crate::signing_keys::store::SigningKeyRow;
use crate::users::AccountStatus;
use crate::{MIGRATOR, SCHEMA, erasure, sessions, signing_keys, users};

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
/// When a field is out of its bounds, the address is taken, or the database is unavailable.
pub async fn create_user(config: &Config, user: NewUser) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let signup = SignupRequest {
        email: Email::parse(&user.email)?,
        password: Password::parse(user.password, "password")?,
        full_name: FullName::parse(&user.full_name)?,
    };
    registration::require_strong(&signup, config.auth.min_password_score)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let hash = app.hasher.hash(signup.password.clone(), &mut rng).await?;
    let mut tx = app.pool.begin().await?;
    // The operator vouches for the address.
    let options = AccountOptions { platform_admin: user.platform_admin, verified: true, ip_prefix: None };
    let details = AccountDetails { email: &signup.email, full_name: &signup.full_name, password_hash: &hash };
    let account = registration::insert(&app, &mut tx, details, options, now, &mut rng).await?;
    tx.commit().await?;
    Ok(account.user.id)
}

/// Makes an account an administrator of the platform; the account's id. Its access tokens have to be refreshed.
///
/// # Errors
/// When there is no such address, or the database is unavailable.
pub async fn promote_user(config: &Config, email: &str) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let email = Email::parse(email)?;
    let mut tx = app.pool.begin().await?;
    let id = users::store::promote(&mut *tx, &email.key(), now).await?;
    let id = id.with_context(|| format!("there is no account with the address {}", email.as_str()))?;
    EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::User(id)).await?;
    let entry = AuditEntry::new("account.promoted", &Actor::operator(), now).account(id).target(id);
    entry.after(json!({"platformAdmin": true})).record(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}

/// What an operator can make of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
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
/// unavailable.
pub async fn set_account_state(config: &Config, email: &str, state: AccountState) -> anyhow::Result<i64> {
    let app = app(config).await?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let email = Email::parse(email)?;
    let mut tx = app.pool.begin().await?;
    let login = users::store::by_email(&mut *tx, &email.key()).await?;
    let user = login.with_context(|| format!("there is no account with the address {}", email.as_str()))?.user;
    let status = match state {
        AccountState::Active => AccountStatus::Active,
        AccountState::Suspended => AccountStatus::Suspended,
        AccountState::Erased => {
            erasure::remove(&app, &mut tx, &user, &Actor::operator(), now, &mut rng).await?;
            tx.commit().await?;
            return Ok(user.id);
        }
    };
    users::store::set_status(&mut *tx, user.id, status, now).await?;
    if status == AccountStatus::Suspended {
        let ended = sessions::store::end_all(&mut tx, user.id, None, now).await?;
        let mut events = EventWriter { conn: &mut tx, now, rng: &mut rng };
        events.sessions_ended(&ended).await?;
        events.revoked(RevocationSubject::User(user.id)).await?;
    }
    let name = |status: AccountStatus| json!({"status": format!("{status:?}").to_uppercase()});
    let entry = AuditEntry::new("account.status_changed", &Actor::operator(), now).account(user.id).target(user.id);
    entry.before(name(user.status)).after(name(status)).record(&mut tx).await?;
    tx.commit().await?;
    Ok(user.id)
}

/// Announces a new signing key, which takes over a few seconds later; its id. The old ones verify until their last token has
/// expired.
///
/// # Errors
/// When the database is unavailable.
pub async fn rotate_keys(config: &Config) -> anyhow::Result<String> {
    let app = app(config).await?;
    Ok(app.keys.rotate(&mut app.entropy.fork()).await?)
}

/// Removes a signing key: whatever it signed is refused within two seconds.
///
/// # Errors
/// When there is no such key, it is the only one, or the database is unavailable.
pub async fn remove_key(config: &Config, kid: &str) -> anyhow::Result<()> {
    Ok(app(config).await?.keys.remove(kid).await?)
}

/// The signing keys, the newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn list_keys(config: &Config) -> anyhow::Result<Vec<KeyInfo>> {
    let rows = signing_keys::store::all(&app(config).await?.pool).await?;
    let info =
        |row: SigningKeyRow| KeyInfo { kid: row.kid, signing_from: row.signing_from, verify_until: row.verify_until };
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
