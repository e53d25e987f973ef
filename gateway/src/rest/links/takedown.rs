//! `POST /v1/links/{id}/block` and `POST /v1/links/{id}/release`.

use curtail_proto::links::v1 as pb;
use curtail_proto::links::v1::link_ref::By;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams};
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::schema::takedown::Takedown;

/// Takes a link down.
pub struct BlockLink;

/// Why a link is taken down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTakedown {
    /// For administrators of the platform only.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// Shown to the owner and on the page that visitors see.
    #[schema(max_length = 300)]
    public_reason: Option<String>,
}

/// The new entry of a link's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakedownEntry {
    /// Null when the link was not blocked.
    takedown: Option<Takedown>,
}

impl Endpoint for BlockLink {
    const OPERATION: Operation = Operation {
        id: "blockLink",
        method: Method::POST,
        path: curtail_routes::gateway::LINK_BLOCK,
        tag: TAG,
        summary: "Takes a link down.",
        about: "For administrators of the platform. The link answers 451 until it is released.",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = NoParams;
    type Body = Json<NewTakedown>;
    type Answer = Json<TakedownEntry>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<TakedownEntry>, Problem> {
        let NewTakedown { reason, public_reason } = input.body.0;
        let request = call.context.write(pb::BlockLinkRequest {
            link: Some(pb::LinkRef { by: Some(By::Id(input.path.number())) }),
            reason,
            public_reason: public_reason.unwrap_or_default(),
        });
        let answer = call.links().block_link(request).await?.into_inner();
        Ok(Json(TakedownEntry { takedown: answer.takedown.map(Takedown::from) }))
    }
}

/// Ends a take-down.
pub struct ReleaseLink;

/// Why a link is released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// For administrators of the platform only.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

impl Endpoint for ReleaseLink {
    const OPERATION: Operation = Operation {
        id: "releaseLink",
        method: Method::POST,
        path: curtail_routes::gateway::LINK_RELEASE,
        tag: TAG,
        summary: "Ends the take-down of a link.",
        about: "For administrators of the platform.",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = NoParams;
    type Body = Json<NewRelease>;
    type Answer = Json<TakedownEntry>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<TakedownEntry>, Problem> {
        let request = call.context.write(pb::ReleaseLinkRequest {
            link: Some(pb::LinkRef { by: Some(By::Id(input.path.number())) }),
            reason: input.body.0.reason.unwrap_or_default(),
        });
        let answer = call.links().release_link(request).await?.into_inner();
        Ok(Json(TakedownEntry { takedown: answer.takedown.map(Takedown::from) }))
    }
}
