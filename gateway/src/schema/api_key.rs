//! API keys: reading, making and revoking them.

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::auth::v1::{self as pb, Client};
use curtail_proto::{instant, timestamp};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::problem::{UserError, outcome};
use super::scalars::{id, optional_instant, parse_id};
use super::workspace_or_default;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// A permission of an API key.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApiKeyScope {
    /// Read links.
    Read,
    /// Create and change links.
    Write,
    /// Read statistics.
    Analytics,
    /// All permissions of the key's creator.
    Admin,
}

mirror!(ApiKeyScope, pb::Scope, Read, [Read, Write, Analytics, Admin]);

/// An API key without its secret.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Opaque identifier.
    #[schema(value_type = String)]
    pub id: ID,
    /// The workspace it works in.
    #[schema(value_type = String)]
    pub workspace_id: ID,
    /// Display name, set by its creator.
    pub name: String,
    /// The first characters of the key, to recognise it.
    pub prefix: String,
    /// The scopes of the key.
    pub scopes: Vec<ApiKeyScope>,
    /// When it was created.
    #[serde(with = "rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When the key expires; null for never.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    #[serde(with = "rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Requests per minute; null for the limit of the plan.
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
    /// The workspace; the caller's first one, if omitted.
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
    /// When the key expires; never, if omitted.
    #[serde(default, deserialize_with = "optional_instant")]
    pub expires_at: Option<OffsetDateTime>,
    /// Requests per minute; the limit of the plan, if omitted.
    pub rate_limit_per_minute: Option<u32>,
}

impl NewApiKeyInput {
    /// The request to create it in a workspace.
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

/// Payload of `createApiKey`.
#[derive(SimpleObject, Debug, Default)]
pub struct CreateApiKeyPayload {
    /// The key; null on failure.
    pub api_key: Option<ApiKey>,
    /// The complete key. It is returned only once and cannot be read again.
    pub secret: Option<String>,
    /// Why nothing was created.
    pub user_errors: Vec<UserError>,
}

/// Payload of `revokeApiKey`.
#[derive(SimpleObject, Debug, Default)]
pub struct RevokeApiKeyPayload {
    /// The revoked key.
    pub api_key: Option<ApiKey>,
    /// Why nothing was revoked.
    pub user_errors: Vec<UserError>,
}

/// Mutations of API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Creates an API key. Requires the role `ADMIN` in the workspace.
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

    /// Revokes an API key immediately and permanently.
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
