//! `PATCH /v1/links/{id}`.

use curtail_proto::links::v1::UpdateLinkRequest;
use http::Method;

use super::TAG;
use super::answer::Current;
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams, present};
use crate::rest::etag::IfMatch;
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::schema::link_input::LinkPatchInput;

/// Changes a link.
pub struct UpdateLink;

impl Endpoint for UpdateLink {
    const OPERATION: Operation = Operation {
        id: "updateLink",
        method: Method::PATCH,
        path: curtail_routes::gateway::LINK,
        tag: TAG,
        summary: "Changes a link.",
        about: "Fields that are left out stay; null clears.",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = IfMatch;
    type Body = Json<LinkPatchInput>;
    type Answer = Current;

    async fn call(call: &Call, input: Input<Self>) -> Result<Current, Problem> {
        let message = UpdateLinkRequest {
            id: input.path.number(),
            version: input.headers.version,
            patch: Some(input.body.0.into()),
        };
        let answer = call.links().update_link(call.context.write(message)).await?;
        Ok(present(answer.into_inner().link)?.into())
    }
}
