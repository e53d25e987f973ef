//! `GET /v1/api-keys`.

use curtail_proto::auth::v1::ListApiKeysRequest;
use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::schema::api_key::ApiKey;

/// Lists API keys.
pub struct ListApiKeys;

/// All API keys of a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    /// Without their secrets.
    data: Vec<ApiKey>,
}

impl Endpoint for ListApiKeys {
    const OPERATION: Operation = Operation {
        id: "listApiKeys",
        method: Method::GET,
        path: curtail_routes::gateway::API_KEYS,
        tag: TAG,
        summary: "Lists the API keys of a workspace.",
        about: "For its admins.",
        cost: 100,
        public: false,
    };
    type Path = NoParams;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Json<ApiKeyList>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<ApiKeyList>, Problem> {
        let workspace_id = call.workspace(input.query.workspace)?;
        let request = call.context.read(ListApiKeysRequest { workspace_id });
        let answer = call.app.shared.upstreams.auth.clone().list_api_keys(request).await?.into_inner();
        Ok(Json(ApiKeyList { data: answer.api_keys.into_iter().map(ApiKey::from).collect() }))
    }
}
