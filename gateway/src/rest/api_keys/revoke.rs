//! `DELETE /v1/api-keys/{id}`.

use curtail_proto::auth::v1::RevokeApiKeyRequest;
use http::Method;

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams};
use crate::rest::json::NoContent;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;

/// Revokes an API key.
pub struct RevokeApiKey;

impl Endpoint for RevokeApiKey {
    const OPERATION: Operation = Operation {
        id: "revokeApiKey",
        method: Method::DELETE,
        path: curtail_routes::gateway::API_KEY,
        tag: TAG,
        summary: "Revokes an API key.",
        about: "At once and for good. For admins of the workspace.",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = NoContent;

    async fn call(call: &Call, input: Input<Self>) -> Result<NoContent, Problem> {
        let client = Some(call.context.client.clone());
        let request = call.context.write(RevokeApiKeyRequest { api_key_id: input.path.number(), client });
        call.app.shared.upstreams.auth.clone().revoke_api_key(request).await?;
        Ok(NoContent)
    }
}
