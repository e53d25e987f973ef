//! `GET /stats/{code}`, in the small form that is common among shorteners.

use curtail_proto::analytics::v1::LinkKey;
use curtail_proto::instant;
use curtail_proto::links::v1::link_ref::{Address, By};
use http::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::{IntoParams, ToSchema};

use super::analytics::lifetime;
use super::endpoint::{Call, Endpoint, Input, NoParams};
use super::json::Json;
use super::links::find;
use super::operation::Operation;
use super::problem::Problem;
use super::shorten::TAG;
use crate::schema::scalars::Long;

/// Counts the clicks of a code.
pub struct GetCodeStats;

/// The code of a path.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Code {
    /// What is typed behind the domain.
    code: String,
}

/// The domain of the code.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Domain {
    /// The short domain; the default one, if omitted.
    domain: Option<String>,
}

/// The counts of a link's whole life.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeStats {
    /// What is typed behind the domain.
    code: String,
    /// The whole short URL.
    short_url: String,
    /// The destination.
    url: String,
    /// When the link was made.
    #[serde(with = "rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    /// Humans and bots.
    clicks: Long,
    /// Clicks of humans.
    humans: Long,
    /// Clicks of bots: programs that identify themselves.
    bots: Long,
    /// Unique visitors, estimated. A visitor is counted once per day.
    uniques: Long,
    /// The latest click; null without clicks.
    #[serde(with = "rfc3339::option")]
    last_click_at: Option<OffsetDateTime>,
}

impl Endpoint for GetCodeStats {
    const OPERATION: Operation = Operation {
        id: "getCodeStats",
        method: Method::GET,
        path: curtail_routes::gateway::CODE_STATS,
        tag: TAG,
        summary: "Counts all clicks of a code.",
        about: "",
        cost: 100,
        public: false,
    };
    type Path = Code;
    type Query = Domain;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Json<CodeStats>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<CodeStats>, Problem> {
        let address = Address { domain: input.query.domain.unwrap_or_default(), code: input.path.code };
        let link = find(call, By::Address(address)).await?;
        let totals = lifetime(call, LinkKey { link_id: link.id, workspace_id: link.workspace_id }).await?;
        Ok(Json(CodeStats {
            code: link.code,
            short_url: link.short_url,
            url: link.url,
            created_at: instant(link.created_at),
            clicks: totals.clicks,
            humans: totals.humans,
            bots: totals.bots,
            uniques: totals.uniques,
            last_click_at: totals.last_click_at,
        }))
    }
}
