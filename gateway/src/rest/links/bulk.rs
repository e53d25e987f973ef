//! `POST /v1/links/bulk`.

use curtail_proto::links::v1 as pb;
use curtail_proto::links::v1::batch_create_links_response::{Outcome, outcome::Result as ItemResult};
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TAG;
use super::create::Existing;
use crate::rest::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use crate::rest::idempotency::IdempotencyKey;
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::rest::query::Params;
use crate::schema::link::Link;
use crate::schema::link_input::NewLinkInput;
use crate::schema::problem::UserError;

/// Shortens many URLs.
pub struct CreateLinks;

/// Links to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLinks {
    /// Each has an outcome of its own.
    #[schema(min_items = 1, max_items = 1000)]
    links: Vec<NewLinkInput>,
}

/// The results, in the order of the input.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkOutcomes {
    /// One result per link, in the order of the input.
    outcomes: Vec<LinkOutcome>,
}

/// The result of one link.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct LinkOutcome {
    /// The link; null when `error` says why not.
    link: Option<Link>,
    /// Whether the link existed before.
    existed: bool,
    /// Why it was not made.
    error: Option<UserError>,
}

impl From<Outcome> for LinkOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome.result {
            Some(ItemResult::Link(link)) => Self { link: Some(link.into()), existed: outcome.existed, error: None },
            Some(ItemResult::Problem(problem)) => Self { error: Some(problem.into()), ..Self::default() },
            None => Self::default(),
        }
    }
}

impl Endpoint for CreateLinks {
    const OPERATION: Operation = Operation {
        id: "createLinks",
        method: Method::POST,
        path: curtail_routes::gateway::LINKS_BULK,
        tag: TAG,
        summary: "Shortens up to 1,000 URLs.",
        about: "What is refused does not hold up the rest. Takes a unit for each started hundred links.",
        cost: 1,
        public: false,
    };
    type Path = NoParams;
    type Query = Params<InWorkspace, Existing>;
    type Headers = IdempotencyKey;
    type Body = Json<NewLinks>;
    type Answer = Json<LinkOutcomes>;

    fn cost(input: &Input<Self>) -> u64 {
        input.body.0.links.len().max(1) as u64
    }

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<LinkOutcomes>, Problem> {
        let Params(InWorkspace { workspace }, Existing { find_existing }) = input.query;
        let request = call.context.write(pb::BatchCreateLinksRequest {
            workspace_id: call.workspace(workspace)?,
            links: input.body.0.links.into_iter().map(Into::into).collect(),
            find_existing,
            idempotency_key: input.headers.0,
        });
        let answer = call.links().batch_create_links(request).await?.into_inner();
        Ok(Json(LinkOutcomes { outcomes: answer.outcomes.into_iter().map(Into::into).collect() }))
    }
}
