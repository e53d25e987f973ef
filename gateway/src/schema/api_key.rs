//! API keys: reading, making and revoking them.

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::auth::v1::{self as pb, Client};
use curtail_proto::{instant, timestamp};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::problem::{UserError, outcome};
use super::scalars::{id, parse_id};
use super::workspace_or_default;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// What an API key may do.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Opaque.
    #[schema(value_type = String)]
    pub id: ID,
    /// The workspace it works in.
    #[schema(value_type = String)]
    pub workspace_id: ID,
    /// What its maker called it.
    pub name: String,
    /// How it starts, to recognise it by.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<ApiKeyScope>,
    /// When it was made.
    #[serde(with = "rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// From when on it is refused; null for never.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    #[serde(with = "rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "rfc3339::option")]
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
    /// The key.
    #[graphql(flatten)]
    pub key: NewApiKeyInput,
}

/// The fields of a new API key.
#[derive(InputObject, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub struct NewApiKeyInput {
    /// 1-100 characters.
    pub name: String,
    /// At least one.
    pub scopes: Vec<ApiKeyScope>,
    /// From when on it is refused; without it, never.
    #[serde(default, with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Requests per minute; without it, the plan's.
    pub rate_limit_per_minute: Option<u32>,
}

impl NewApiKeyInput {
    /// What makes it in a workspace.
    pub fn into_request(self, workspace_id: i64, client: Client) -> pb::CreateApiKeyRequest {
        pb::CreateApiKeyRequest {
            workspace_id,
            name: self.name,
            scopes: self.scopes.into_iter().map(|scope| pb::Scope::from(scope).into()).collect(),
            expires_at: self.expires_at.map(timestamp),
            rate_limit_per_minute: self.rate_limit_per_minute.unwrap_or(0),
            client: Some(client),
        }
    }
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
        let workspace_id = workspace_or_default(context, input.workspace_id)?;
        let message = input.key.into_request(workspace_id, context.client.clone());
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
