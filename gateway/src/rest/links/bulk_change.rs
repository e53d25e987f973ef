//! `POST /v1/links/bulk/update` and `POST /v1/links/bulk/delete`.

use curtail_proto::links::v1 as pb;
use http::Method;
use serde::Deserialize;
use utoipa::ToSchema;

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::schema::link_bulk::{BulkChange, BulkLinksPayload, LinkSelection};

/// Changes many links.
pub struct UpdateLinks;

/// Links and their change: either `ids`, or `filter` with `expectedCount`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkUpdates {
    /// Which links.
    links: LinkSelection,
    /// The changes.
    change: BulkChange,
}

impl Endpoint for UpdateLinks {
    const OPERATION: Operation = Operation {
        id: "updateLinks",
        method: Method::POST,
        path: curtail_routes::gateway::LINKS_BULK_UPDATE,
        tag: TAG,
        summary: "Changes up to 1,000 links.",
        about: "A link that is refused does not hold up the others. Takes a unit for each started hundred links.",
        cost: 1,
        public: false,
    };
    type Path = NoParams;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = Json<LinkUpdates>;
    type Answer = Json<BulkLinksPayload>;

    fn cost(input: &Input<Self>) -> u64 {
        input.body.0.links.len().max(1) as u64
    }

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<BulkLinksPayload>, Problem> {
        let LinkUpdates { links, change } = input.body.0;
        let request = call.context.write(pb::BatchUpdateLinksRequest {
            workspace_id: call.workspace(input.query.workspace)?,
            selection: Some(links.into()),
            change: Some(change.into()),
        });
        let answer = call.links().batch_update_links(request).await?.into_inner();
        Ok(Json(Ok(answer.outcomes).into()))
    }
}

/// Deletes many links.
pub struct DeleteLinks;

/// Links to delete: either `ids`, or `filter` with `expectedCount`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkDeletions {
    /// Which links.
    links: LinkSelection,
}

impl Endpoint for DeleteLinks {
    const OPERATION: Operation = Operation {
        id: "deleteLinks",
        method: Method::POST,
        path: curtail_routes::gateway::LINKS_BULK_DELETE,
        tag: TAG,
        summary: "Deletes up to 1,000 links.",
        about: "As for `updateLinks`.",
        cost: 1,
        public: false,
    };
    type Path = NoParams;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = Json<LinkDeletions>;
    type Answer = Json<BulkLinksPayload>;

    fn cost(input: &Input<Self>) -> u64 {
        input.body.0.links.len().max(1) as u64
    }

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<BulkLinksPayload>, Problem> {
        let request = call.context.write(pb::BatchDeleteLinksRequest {
            workspace_id: call.workspace(input.query.workspace)?,
            selection: Some(input.body.0.links.into()),
        });
        let answer = call.links().batch_delete_links(request).await?.into_inner();
        Ok(Json(Ok(answer.outcomes).into()))
    }
}
