//! `GET /v1/analytics/{report}`: clicks as CSV, for people with a spreadsheet and for programs.
//!
//! Totals, series and breakdowns are one question to analytics-svc, as over GraphQL. Raw clicks are sent page by page as they
//! come from there ([`clicks`]): an export of a million clicks takes no more memory than one of a thousand, and one that
//! breaks off ends the connection before the end of the body, so that no client takes a part for the whole.

mod clicks;
mod file;
mod reports;
mod table;

use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use self::file::File;
use super::analytics::TAG;
use super::analytics::question::{Question, Scope};
use super::endpoint::{Call, Endpoint, Input, NoParams};
use super::operation::Operation;
use super::problem::Problem;
use super::query::Params;
use crate::error::Code;

/// Exports clicks.
pub struct ExportClicks;

/// The file of a path.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Path {
    /// What to export.
    #[param(inline, value_type = Report)]
    report: String,
}

/// What there is to export.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub enum Report {
    /// One row with the counts of the range.
    #[serde(rename = "totals.csv")]
    Totals,
    /// A row for each step.
    #[serde(rename = "series.csv")]
    Series,
    /// A row for each of the top values of each dimension.
    #[serde(rename = "breakdown.csv")]
    Breakdown,
    /// A row for each click.
    #[serde(rename = "clicks.csv")]
    Clicks,
}

impl Endpoint for ExportClicks {
    const OPERATION: Operation = Operation {
        id: "exportClicks",
        method: Method::GET,
        path: curtail_routes::gateway::EXPORT,
        tag: TAG,
        summary: "Exports clicks as CSV.",
        about: "`totals.csv`, `series.csv`, `breakdown.csv` (takes `dimension` and `top`) or `clicks.csv`, which is sent while it is read: \
                a body that ends without its last chunk is not whole.",
        cost: 500,
        public: false,
    };
    type Path = Path;
    type Query = Params<Scope, Question>;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = File;

    async fn call(call: &Call, input: Input<Self>) -> Result<File, Problem> {
        let Params(scope, question) = input.query;
        let question = question.lately(call.app.shared.clock.now());
        let workspace = call.workspace(scope.workspace)?;
        let scope = scope.within(workspace)?;
        let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(&input.path.report);
        match Report::deserialize(name) {
            Ok(Report::Totals) => reports::totals(call, scope, question).await,
            Ok(Report::Series) => reports::series(call, scope, question).await,
            Ok(Report::Breakdown) => reports::breakdown(call, scope, question).await,
            Ok(Report::Clicks) => clicks::clicks(call, scope, question).await,
            Err(_) => {
                Err(Problem::new(Code::NoSuchPath, "there is totals.csv, series.csv, breakdown.csv and clicks.csv"))
            }
        }
    }
}
