//! `POST /v1/links`.

use curtail_proto::links::v1 as pb;
use http::Method;
use serde::Deserialize;
use utoipa::IntoParams;

use super::TAG;
use super::answer::LinkCreation;
use crate::rest::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams, present};
use crate::rest::idempotency::IdempotencyKey;
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::rest::query::Params;
use crate::schema::link_input::NewLinkInput;

/// Shortens a URL.
pub struct CreateLink;

/// Whether a second link is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub struct Existing {
    /// Returns the oldest live link to the same destination, if there is one, instead of creating another.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub find_existing: bool,
}

impl Endpoint for CreateLink {
    const OPERATION: Operation = Operation {
        id: "createLink",
        method: Method::POST,
        path: curtail_routes::gateway::LINKS,
        tag: TAG,
        summary: "Shortens a URL.",
        about: "",
        cost: 10,
        public: false,
    };
    type Path = NoParams;
    type Query = Params<InWorkspace, Existing>;
    type Headers = IdempotencyKey;
    type Body = Json<NewLinkInput>;
    type Answer = LinkCreation;

    async fn call(call: &Call, input: Input<Self>) -> Result<LinkCreation, Problem> {
        let Params(InWorkspace { workspace }, Existing { find_existing }) = input.query;
        let request = call.context.write(pb::CreateLinkRequest {
            workspace_id: call.workspace(workspace)?,
            link: Some(input.body.0.into()),
            find_existing,
            idempotency_key: input.headers.0,
        });
        let answer = call.links().create_link(request).await?.into_inner();
        // An idempotency key answers as the first time.
        Ok(LinkCreation { link: present(answer.link)?.into(), found: answer.existed && find_existing })
    }
}
