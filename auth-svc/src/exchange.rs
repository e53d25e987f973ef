//! Exchanges the credential of a client for the internal token that services verify.
//!
//! The account, the session or key and the memberships are read again each time, so a change counts as soon as a gateway asks
//! again: after the internal token's minute, or at once after a revocation.

use curtail_proto::auth::v1::exchange_request::Credential;
use curtail_proto::auth::v1::{ExchangeRequest, ExchangeResponse, GetKeyRingRequest, GetKeyRingResponse};
use curtail_tokens::{Claims, Purpose, Scope, Subject};
use time::OffsetDateTime;
use tonic::Request;

use crate::api_keys::{self, ApiKeyText};
use crate::{App, Error, issuer, sessions, workspaces};

pub(crate) async fn exchange(app: &App, request: Request<ExchangeRequest>) -> Result<ExchangeResponse, Error> {
    curtail_rpc::service(&request)?;
    let token = match request.into_inner().credential {
        Some(Credential::AccessToken(token)) => access_token(app, &token).await?,
        Some(Credential::ApiKey(key)) => api_key(app, &key).await?,
        None => return Err(Error::AccessTokenInvalid),
    };
    Ok(ExchangeResponse {
        internal_token: token.internal_token,
        expires_at: Some(curtail_proto::timestamp(token.expires_at)),
        rate_limit_per_minute: token.rate_limit_per_minute,
    })
}

pub(crate) async fn get_key_ring(app: &App, request: Request<GetKeyRingRequest>) -> Result<GetKeyRingResponse, Error> {
    curtail_rpc::service(&request)?;
    Ok(GetKeyRingResponse { keys: app.keys.public()? })
}

#[derive(Clone)]
pub(crate) struct InternalToken {
    pub(crate) internal_token: String,
    pub(crate) expires_at: OffsetDateTime,
    /// Of an API key: its own requests per minute; 0 means the plan's.
    pub(crate) rate_limit_per_minute: u32,
}

/// The longest credential that is read, in bytes.
const MAX_CREDENTIAL_BYTES: usize = curtail_tokens::MAX_TOKEN_BYTES;

pub(crate) async fn access_token(app: &App, token: &str) -> Result<InternalToken, Error> {
    let now = app.now();
    if token.len() > MAX_CREDENTIAL_BYTES {
        return Err(Error::AccessTokenInvalid);
    }
    let ring = app.keys.ring()?;
    let access = curtail_tokens::verify(&ring, Purpose::Access, token, now).map_err(|_| Error::AccessTokenInvalid)?;
    let (Subject::User(user_id), Some(session_id)) = (&access.subject, access.session_id) else {
        return Err(Error::AccessTokenInvalid);
    };
    let owned = sessions::store::with_owner(&app.pool, session_id).await?.ok_or(Error::SessionEnded)?;
    if owned.session.user_id != *user_id || !owned.session.is_live(now) {
        return Err(Error::SessionEnded);
    }
    owned.status.require_active(Error::SessionEnded)?;
    let generation = issuer::generation_of(&access.token_id);
    if generation == Some(owned.session.generation) && !owned.session.generation_used {
        sessions::store::mark_used(&app.pool, session_id, owned.session.generation).await?;
    }
    app.activity.session_seen(session_id, now);
    let claims = Claims {
        subject: Subject::User(*user_id),
        session_id: Some(session_id),
        api_key_id: None,
        issued_at: now,
        expires_at: access.expires_at,
        workspaces: workspaces::store::memberships(&app.pool, *user_id).await?,
        scopes: Vec::new(),
        platform_admin: owned.platform_admin,
        token_id: access.token_id,
    };
    let (internal_token, expires_at) = app.issuer.internal(claims)?;
    Ok(InternalToken { internal_token, expires_at, rate_limit_per_minute: 0 })
}

/// For an API key. It acts for its creator in its one workspace, as far as its scopes and the creator's role reach.
pub(crate) async fn api_key(app: &App, text: &str) -> Result<InternalToken, Error> {
    let now = app.now();
    let text = ApiKeyText::parse(text).ok_or(Error::ApiKeyInvalid)?;
    let found = api_keys::store::with_owner(&app.pool, text.prefix()).await?;
    // An unknown prefix is compared, too, with a hash that no key has.
    let hash = found.as_ref().map_or(&[0; 32][..], |owned| &owned.key.hash);
    let genuine = app.secrets.api_key.verify(&[text.expose().as_bytes()], hash);
    let owned = found.filter(|owned| genuine && owned.key.is_live(now)).ok_or(Error::ApiKeyInvalid)?;
    owned.status.require_active(Error::ApiKeyInvalid)?;
    let membership = owned.membership.ok_or(Error::ApiKeyInvalid)?;
    let key = owned.key;
    app.activity.key_used(key.id, now);
    let claims = Claims {
        subject: Subject::User(key.creator_id),
        session_id: None,
        api_key_id: Some(key.id),
        issued_at: now,
        expires_at: key.expires_at.unwrap_or(now + time::Duration::HOUR),
        workspaces: vec![membership],
        scopes: unique(key.scopes),
        // A key never administers the platform, not even that of an administrator.
        platform_admin: false,
        token_id: format!("k{}.{}", key.id, now.unix_timestamp()),
    };
    let (internal_token, expires_at) = app.issuer.internal(claims)?;
    let rate_limit_per_minute = key.rate_limit_per_minute.unsigned_abs();
    Ok(InternalToken { internal_token, expires_at, rate_limit_per_minute })
}

fn unique(mut scopes: Vec<Scope>) -> Vec<Scope> {
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
