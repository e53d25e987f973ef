//! API keys: reading, making and revoking them.

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use proto::auth::v1 as pb;
use proto::{instant, timestamp};
use time::OffsetDateTime;

use super::problem::{UserError, outcome};
use super::scalars::{id, parse_id};
use super::workspace_or_default;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// What an API key may do.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyScope {
    /// Read links.
    Read,
    /// Make and change links.
    Write,
    /// Read statistics.
    Analytics,
    /// Everything its maker may do.
    Admin,
}

mirror!(ApiKeyScope, pb::Scope, Read, [Read, Write, Analytics, Admin]);

/// An API key without its secret.
#[derive(SimpleObject, Debug)]
pub struct ApiKey {
    /// Opaque.
    pub id: ID,
    /// The workspace it works in.
    pub workspace_id: ID,
    /// What its maker called it.
    pub name: String,
    /// How it starts, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<ApiKeyScope>,
    /// When it was made.
    pub created_at: Option<OffsetDateTime>,
    /// From when on it is refused; null for never.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// Its own limit; null for the plan's.
    pub rate_limit_per_minute: Option<u32>,
}

impl From<pb::ApiKey> for ApiKey {
    fn from(key: pb::ApiKey) -> Self {
        Self {
            id: id(key.id),
            workspace_id: id(key.workspace_id),
            scopes: key.scopes().map(ApiKeyScope::from).collect(),
            name: key.name,
            prefix: key.prefix,
            created_at: instant(key.created_at),
            expires_at: instant(key.expires_at),
            last_used_at: instant(key.last_used_at),
            revoked_at: instant(key.revoked_at),
            rate_limit_per_minute: (key.rate_limit_per_minute > 0).then_some(key.rate_limit_per_minute),
        }
    }
}

/// A new API key.
#[derive(InputObject, Debug)]
pub struct CreateApiKeyInput {
    /// Without it, the caller's first workspace.
    pub workspace_id: Option<ID>,
    /// 1-100 characters.
    pub name: String,
    /// At least one.
    pub scopes: Vec<ApiKeyScope>,
    /// From when on it is refused; without it, never.
    pub expires_at: Option<OffsetDateTime>,
    /// Requests per minute; without it, the plan's.
    pub rate_limit_per_minute: Option<u32>,
}

/// What became of `createApiKey`.
#[derive(SimpleObject, Debug, Default)]
pub struct CreateApiKeyPayload {
    /// The key; null when `userErrors` says why not.
    pub api_key: Option<ApiKey>,
    /// The whole key. It is shown this once and cannot be read again.
    pub secret: Option<String>,
    /// Why nothing was made.
    pub user_errors: Vec<UserError>,
}

/// What became of `revokeApiKey`.
#[derive(SimpleObject, Debug, Default)]
pub struct RevokeApiKeyPayload {
    /// The key that is refused from now on.
    pub api_key: Option<ApiKey>,
    /// Why nothing was revoked.
    pub user_errors: Vec<UserError>,
}

/// Mutations of API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Makes an API key; for admins of the workspace.
    async fn create_api_key(&self, ctx: &Context<'_>, input: CreateApiKeyInput) -> Result<CreateApiKeyPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let message = pb::CreateApiKeyRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            name: input.name,
            scopes: input.scopes.into_iter().map(|scope| pb::Scope::from(scope).into()).collect(),
            expires_at: input.expires_at.map(timestamp),
            rate_limit_per_minute: input.rate_limit_per_minute.unwrap_or(0),
            client: Some(context.client.clone()),
        };
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(match outcome(auth.create_api_key(context.write(message)).await)? {
            Ok(answer) => CreateApiKeyPayload {
                api_key: answer.api_key.map(ApiKey::from),
                secret: Some(answer.secret),
                user_errors: Vec::new(),
            },
            Err(error) => CreateApiKeyPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Revokes an API key at once and for good.
    async fn revoke_api_key(&self, ctx: &Context<'_>, id: ID) -> Result<RevokeApiKeyPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(super::problem::fault)?;
        let request =
            context.write(pb::RevokeApiKeyRequest { api_key_id: parse_id(&id), client: Some(context.client.clone()) });
        let mut auth = ctx.data::<Upstreams>()?.auth.clone();
        Ok(match outcome(auth.revoke_api_key(request).await)? {
            Ok(answer) => RevokeApiKeyPayload { api_key: answer.api_key.map(ApiKey::from), user_errors: Vec::new() },
            Err(error) => RevokeApiKeyPayload { user_errors: vec![error], ..Default::default() },
        })
    }
}
