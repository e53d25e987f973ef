//! `DELETE /v1/links/{id}`.

use curtail_proto::links::v1::DeleteLinkRequest;
use http::Method;

use super::TAG;
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams};
use crate::rest::etag::IfMatch;
use crate::rest::json::NoContent;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;

/// Deletes a link.
pub struct DeleteLink;

impl Endpoint for DeleteLink {
    const OPERATION: Operation = Operation {
        id: "deleteLink",
        method: Method::DELETE,
        path: curtail_routes::gateway::LINK,
        tag: TAG,
        summary: "Deletes a link.",
        about: "Its code answers 410 and is never given to another. It can be restored for some time.",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = IfMatch;
    type Body = NoParams;
    type Answer = NoContent;

    async fn call(call: &Call, input: Input<Self>) -> Result<NoContent, Problem> {
        let message = DeleteLinkRequest { id: input.path.number(), version: input.headers.version };
        call.links().delete_link(call.context.write(message)).await?;
        Ok(NoContent)
    }
}
