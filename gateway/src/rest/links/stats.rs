//! `GET /v1/links/{id}/stats`.

use curtail_proto::analytics::v1::{AnalyticsScope, analytics_scope::Of};
use curtail_proto::links::v1::link_ref::By;
use http::Method;

use super::find;
use crate::rest::analytics::question::{Comparison, Question};
use crate::rest::analytics::{COST, TAG, ask};
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams};
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::rest::query::Params;
use crate::schema::analytics::{Analytics, DEFAULT_TOP};

/// Counts the clicks of a link.
pub struct GetLinkStats;

impl Endpoint for GetLinkStats {
    const OPERATION: Operation = Operation {
        id: "getLinkStats",
        method: Method::GET,
        path: curtail_routes::gateway::LINK_STATS,
        tag: TAG,
        summary: "Counts the clicks of a link.",
        about: "Totals, a series when `step` is given, and a breakdown for each `dimension`.",
        cost: COST,
        public: false,
    };
    type Path = Id;
    type Query = Params<Question, Comparison>;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Json<Analytics>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<Analytics>, Problem> {
        let Params(question, Comparison { compare_previous }) = input.query;
        // A link of another workspace has no clicks for this caller; the service that owns links answers NOT_FOUND.
        let link = find(call, By::Id(input.path.number())).await?;
        let scope = AnalyticsScope { workspace_id: link.workspace_id, of: Some(Of::LinkId(link.id)) };
        let mut message = question.lately(call.app.shared.clock.now()).about(scope, DEFAULT_TOP);
        message.compare_previous = compare_previous;
        Ok(Json(ask(call, message).await?.into()))
    }
}
