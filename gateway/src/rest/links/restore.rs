//! `POST /v1/links/{id}/restore`.

use curtail_proto::links::v1::RestoreLinkRequest;
use http::Method;

use super::TAG;
use super::answer::Current;
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams, present};
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;

/// Restores a deleted link.
pub struct RestoreLink;

impl Endpoint for RestoreLink {
    const OPERATION: Operation = Operation {
        id: "restoreLink",
        method: Method::POST,
        path: curtail_routes::gateway::LINK_RESTORE,
        tag: TAG,
        summary: "Takes a deleted link back.",
        about: "",
        cost: 10,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Current;

    async fn call(call: &Call, input: Input<Self>) -> Result<Current, Problem> {
        let request = call.context.write(RestoreLinkRequest { id: input.path.number() });
        let answer = call.links().restore_link(request).await?;
        Ok(present(answer.into_inner().link)?.into())
    }
}
