//! API keys (S24). Only admins and owners of a workspace manage them; to callers who are no members they do not exist (S18).

pub(crate) mod store;
mod text;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    CreateApiKeyRequest, CreateApiKeyResponse, ListApiKeysRequest, ListApiKeysResponse, RevokeApiKeyRequest,
    RevokeApiKeyResponse,
};
use curtail_proto::events::v1::ApiKeyCreated;
use curtail_proto::events::v1::envelope::Payload;
use curtail_rpc::UserCaller;
use curtail_tokens::{Plan, Role, Scope};
use rand::CryptoRng;
use serde_json::json;
use time::OffsetDateTime;
use tonic::Request;

use crate::api_keys::store::ApiKey;
use crate::audit::{Actor, AuditEntry};
use crate::caller::require_admin_of;
use crate::domain::ClientInfo;
use crate::events::EventWriter;
use crate::revocations::RevocationSubject;
use crate::{App, Error, workspaces};

pub use text::ApiKeyText;

pub(crate) async fn create_api_key(
    app: &App,
    request: Request<CreateApiKeyRequest>,
) -> Result<CreateApiKeyResponse, Error> {
    let caller = curtail_rpc::user(&request)?.clone();
    let request = request.into_inner();
    let actor = Actor::from_caller(&caller, ClientInfo::optional(request.client.clone()).as_ref());
    let (key, text) = create(app, &actor, &caller, request.workspace_id, key_options(&request)?).await?;
    Ok(CreateApiKeyResponse { api_key: Some(key.to_proto()), secret: text.expose().to_owned() })
}

fn key_options(request: &CreateApiKeyRequest) -> Result<KeyOptions, Error> {
    let scopes = request.scopes.iter().map(|number| Scope::from_number(*number)).collect::<Option<Vec<_>>>();
    let scopes = scopes.ok_or(Error::SCOPE_UNKNOWN)?;
    let expires_at = match &request.expires_at {
        None => None,
        Some(at) => Some(curtail_proto::instant(*at).ok_or(Error::EXPIRY_UNREADABLE)?),
    };
    let rate_limit_per_minute = request.rate_limit_per_minute;
    Ok(KeyOptions { name: request.name.clone(), scopes, expires_at, rate_limit_per_minute })
}

pub(crate) async fn list_api_keys(
    app: &App,
    request: Request<ListApiKeysRequest>,
) -> Result<ListApiKeysResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let keys = list(app, caller, request.get_ref().workspace_id).await?;
    Ok(ListApiKeysResponse { api_keys: keys.iter().map(ApiKey::to_proto).collect() })
}

pub(crate) async fn revoke_api_key(
    app: &App,
    request: Request<RevokeApiKeyRequest>,
) -> Result<RevokeApiKeyResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let actor = Actor::from_caller(caller, client.as_ref());
    let key = revoke(app, &actor, caller, request.get_ref().api_key_id).await?;
    Ok(RevokeApiKeyResponse { api_key: Some(key.to_proto()) })
}

/// The longest name in characters.
pub(crate) const MAX_NAME_CHARS: usize = 100;
/// The highest limit of a key's own, in requests per minute.
pub(crate) const MAX_RATE_LIMIT: u32 = 1_000_000;
/// Keys in a response at most: those of the largest plan and a history of revoked ones.
const MAX_LISTED: i64 = 1000;

/// The options of a new key.
#[derive(Debug)]
pub(crate) struct KeyOptions {
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// Requests per minute; 0 means the plan's.
    pub(crate) rate_limit_per_minute: u32,
}

/// Creates a key; its text is shown only this once.
pub(crate) async fn create(
    app: &App,
    actor: &Actor,
    caller: &UserCaller,
    workspace_id: i64,
    options: KeyOptions,
) -> Result<(ApiKey, ApiKeyText), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let options = validate(options, now)?;
    let mut tx = app.pool.begin().await?;
    // The lock makes concurrent creations count each other.
    let plan = workspaces::store::lock(&mut tx, workspace_id).await?.ok_or(Error::WORKSPACE_NOT_FOUND)?;
    let limit = quota(app, plan);
    if store::count_live(&mut tx, workspace_id, now).await? >= i64::from(limit) {
        return Err(Error::ApiKeyQuota { limit });
    }
    // Two prefixes collide once in 62^8 keys; then the client retries.
    let text = ApiKeyText::generate(&mut rng);
    let key = ApiKey {
        id: app.next_id()?,
        workspace_id,
        creator_id: caller.user_id,
        name: options.name,
        prefix: text.prefix().to_owned(),
        hash: app.secrets.api_key.tag(&[text.expose().as_bytes()]).to_vec(),
        scopes: options.scopes,
        rate_limit_per_minute: i32::try_from(options.rate_limit_per_minute).unwrap_or(i32::MAX),
        created_at: now,
        expires_at: options.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    if !store::insert(&mut tx, &key).await? {
        return Err(Error::Internal(anyhow::anyhow!("two API keys have one prefix")));
    }
    EventWriter { conn: &mut tx, now, rng: &mut rng }.api_key_created(&key).await?;
    let scopes: Vec<String> = key.scopes.iter().map(|scope| format!("{scope:?}").to_uppercase()).collect();
    let after = json!({"name": key.name, "prefix": key.prefix, "scopes": scopes});
    let entry = AuditEntry::new("api_key.created", actor, now).workspace(workspace_id).account(caller.user_id);
    entry.target(key.id).after(after).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok((key, text))
}

/// The keys of a workspace, newest first.
pub(crate) async fn list(app: &App, caller: &UserCaller, workspace_id: i64) -> Result<Vec<ApiKey>, Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(store::of_workspace(&app.pool, workspace_id, MAX_LISTED).await?)
}

/// Revokes a key. Repeating it changes nothing.
pub(crate) async fn revoke(app: &App, actor: &Actor, caller: &UserCaller, id: i64) -> Result<ApiKey, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let key = store::by_id(&mut *tx, id).await?.ok_or(Error::API_KEY_NOT_FOUND)?;
    require_admin_of(caller, key.workspace_id, Error::API_KEY_NOT_FOUND)?;
    if store::revoke(&mut tx, id, now).await? {
        EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::ApiKey(id)).await?;
        let entry = AuditEntry::new("api_key.revoked", actor, now).workspace(key.workspace_id).account(key.creator_id);
        entry.target(id).before(json!({"name": key.name, "prefix": key.prefix})).record(&mut tx).await?;
    }
    let key = store::by_id(&mut *tx, id).await?.ok_or(Error::API_KEY_NOT_FOUND)?;
    app.commit(tx).await?;
    Ok(key)
}

fn quota(app: &App, plan: Plan) -> u32 {
    match plan {
        Plan::Free => app.plans.free.api_keys,
        Plan::Pro => app.plans.pro.api_keys,
        Plan::Enterprise => app.plans.enterprise.api_keys,
    }
}

fn validate(mut options: KeyOptions, now: OffsetDateTime) -> Result<KeyOptions, Error> {
    options.name = curtail_text::name::parse(&options.name, MAX_NAME_CHARS).map_err(|_| Error::API_KEY_NAME_INVALID)?;
    options.scopes.sort_unstable();
    options.scopes.dedup();
    if options.scopes.is_empty() {
        return Err(Error::SCOPES_EMPTY);
    }
    if options.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::EXPIRY_PAST);
    }
    if options.rate_limit_per_minute > MAX_RATE_LIMIT {
        return Err(Error::RATE_LIMIT_INVALID);
    }
    Ok(options)
}

impl ApiKey {
    pub(crate) fn to_proto(&self) -> wire::ApiKey {
        wire::ApiKey {
            id: self.id,
            workspace_id: self.workspace_id,
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            scopes: self.scopes.iter().map(|scope| Scope::number(*scope)).collect(),
            created_at: Some(curtail_proto::timestamp(self.created_at)),
            expires_at: self.expires_at.map(curtail_proto::timestamp),
            last_used_at: self.last_used_at.map(curtail_proto::timestamp),
            revoked_at: self.revoked_at.map(curtail_proto::timestamp),
            rate_limit_per_minute: self.rate_limit_per_minute.unsigned_abs(),
        }
    }
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn api_key_created(&mut self, key: &ApiKey) -> Result<(), sqlx::Error> {
        let api_key = Some(key.to_proto());
        let event = ApiKeyCreated { api_key, creator_id: key.creator_id };
        self.append(key.workspace_id, Payload::ApiKeyCreated(event)).await
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn options() -> KeyOptions {
        KeyOptions { name: "ci".into(), scopes: vec![Scope::Read], expires_at: None, rate_limit_per_minute: 0 }
    }

    fn field(options: KeyOptions) -> Option<&'static str> {
        match validate(options, NOW) {
            Ok(_) => None,
            Err(Error::Invalid { field, .. }) => Some(field),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn bounds_at_the_edge_and_one_past() {
        assert_eq!(field(KeyOptions { name: "n".repeat(100), ..options() }), None);
        assert_eq!(field(KeyOptions { name: "n".repeat(101), ..options() }), Some("name"));
        assert_eq!(field(KeyOptions { name: " ".into(), ..options() }), Some("name"));
        assert_eq!(field(KeyOptions { name: "\u{200b}".into(), ..options() }), Some("name"));
        assert_eq!(field(KeyOptions { name: "a\nb".into(), ..options() }), Some("name"));
        assert_eq!(field(KeyOptions { scopes: vec![], ..options() }), Some("scopes"));
        assert_eq!(field(KeyOptions { expires_at: Some(NOW + Duration::NANOSECOND), ..options() }), None);
        assert_eq!(field(KeyOptions { expires_at: Some(NOW), ..options() }), Some("expires_at"));
        assert_eq!(field(KeyOptions { rate_limit_per_minute: 1_000_000, ..options() }), None);
        assert_eq!(field(KeyOptions { rate_limit_per_minute: 1_000_001, ..options() }), Some("rate_limit_per_minute"));
    }

    #[test]
    fn scopes_are_kept_once_each() {
        let scopes = vec![Scope::Write, Scope::Read, Scope::Write];
        assert_eq!(validate(KeyOptions { scopes, ..options() }, NOW).unwrap().scopes, [Scope::Read, Scope::Write]);
    }

    #[test]
    fn unknown_scopes_and_instants_are_refused() {
        let request = |scope: i32| CreateApiKeyRequest { scopes: vec![scope], ..Default::default() };
        assert!(key_options(&request(1)).is_ok() && key_options(&request(4)).is_ok());
        assert!(key_options(&request(0)).is_err() && key_options(&request(5)).is_err());
        let at = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
        assert!(key_options(&CreateApiKeyRequest { expires_at: Some(at), ..request(1) }).is_err());
    }
}
