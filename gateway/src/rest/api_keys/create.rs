//! `POST /v1/api-keys`.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::TAG;
use crate::rest::endpoint::{Answer, Call, Endpoint, InWorkspace, Input, NoParams, present};
use crate::rest::json::{self, Json};
use crate::rest::openapi::{Schemas, Success};
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::schema::api_key::{ApiKey, NewApiKeyInput};

/// Makes an API key.
pub struct CreateApiKey;

/// An API key that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiKey {
    /// The key.
    api_key: ApiKey,
    /// The complete key. It is returned only once and cannot be read again.
    secret: String,
}

impl Answer for CreatedApiKey {
    fn into_response(self) -> Response {
        json::response(StatusCode::CREATED, json::bytes(&self))
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        vec![Success::json::<Self>(StatusCode::CREATED, "The key was made.", schemas)]
    }
}

impl Endpoint for CreateApiKey {
    const OPERATION: Operation = Operation {
        id: "createApiKey",
        method: Method::POST,
        path: curtail_routes::gateway::API_KEYS,
        tag: TAG,
        summary: "Makes an API key.",
        about: "For admins of the workspace.",
        cost: 100,
        public: false,
    };
    type Path = NoParams;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = Json<NewApiKeyInput>;
    type Answer = CreatedApiKey;

    async fn call(call: &Call, input: Input<Self>) -> Result<CreatedApiKey, Problem> {
        let workspace = call.workspace(input.query.workspace)?;
        let message = input.body.0.into_request(workspace, call.context.client.clone());
        let answer =
            call.app.shared.upstreams.auth.clone().create_api_key(call.context.write(message)).await?.into_inner();
        Ok(CreatedApiKey { api_key: present(answer.api_key)?.into(), secret: answer.secret })
    }
}
