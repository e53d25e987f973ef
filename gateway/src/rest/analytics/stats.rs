//! `GET /v1/stats`.

use http::Method;

use super::question::{Comparison, Question, Scope};
use super::{COST, TAG, ask};
use crate::rest::endpoint::{Call, Endpoint, Input, NoParams};
use crate::rest::json::Json;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;
use crate::rest::query::Params;
use crate::schema::analytics::{Analytics, DEFAULT_TOP};

/// Counts the clicks of a workspace.
pub struct GetStats;

impl Endpoint for GetStats {
    const OPERATION: Operation = Operation {
        id: "getStats",
        method: Method::GET,
        path: curtail_routes::gateway::STATS,
        tag: TAG,
        summary: "Counts the clicks of a workspace.",
        about: "Of the whole, or of one link, tag or domain of it: totals, a series when `step` is given, and a breakdown for each \
                `dimension`. `docs/use/analytics.md` defines what is counted.",
        cost: COST,
        public: false,
    };
    type Path = NoParams;
    type Query = Params<Scope, Params<Question, Comparison>>;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Json<Analytics>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<Analytics>, Problem> {
        let Params(scope, Params(question, Comparison { compare_previous })) = input.query;
        let workspace = call.workspace(scope.workspace)?;
        let mut message = question.lately(call.app.shared.clock.now()).about(scope.within(workspace)?, DEFAULT_TOP);
        message.compare_previous = compare_previous;
        Ok(Json(ask(call, message).await?.into()))
    }
}
