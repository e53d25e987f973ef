//! Operations on click statistics.

pub mod question;
pub mod stats;

use curtail_proto::analytics::v1::{BatchGetTotalsRequest, LinkKey, QueryAnalyticsRequest, QueryAnalyticsResponse};

use super::endpoint::Call;
use super::problem::Problem;
use crate::schema::analytics::ClickTotals;

/// The heading of these operations.
pub const TAG: &str = "analytics";
/// What a question costs.
pub const COST: u64 = 200;

/// Asks analytics-svc.
///
/// # Errors
/// What the service refused, with the parameter it is about.
pub async fn ask(call: &Call, message: QueryAnalyticsRequest) -> Result<QueryAnalyticsResponse, Problem> {
    let answer = call.app.shared.upstreams.analytics.clone().query_analytics(call.context.read(message)).await;
    Ok(answer.map_err(|status| Problem::from(status).calling("breakdowns", "dimension"))?.into_inner())
}

/// Clicks of a link's whole life.
///
/// # Errors
/// When the service is unavailable.
pub async fn lifetime(call: &Call, link: LinkKey) -> Result<ClickTotals, Problem> {
    let request = call.context.read(BatchGetTotalsRequest { links: vec![link] });
    let answer = call.app.shared.upstreams.analytics.clone().batch_get_totals(request).await?.into_inner();
    Ok(answer.totals.into_iter().find_map(|of_link| of_link.totals).unwrap_or_default().into())
}
