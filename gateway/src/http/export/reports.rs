//! Totals, series and breakdowns as a table.

use axum::body::Body;
use axum::response::Response;
use proto::analytics::v1::{QueryAnalyticsRequest, QueryAnalyticsResponse, Step, Totals};

use super::answer::{file, text};
use super::params::Params;
use super::table::Table;
use super::{Session, refusal};
use crate::error::{Code, Refusal};

/// Rows of a breakdown when nothing is said.
const TOP: u32 = 100;

/// One row with the counts of the range.
pub(super) async fn totals(session: &Session, params: Params) -> Result<Response, Refusal> {
    let answer = ask(session, Params { step: None, dimensions: Vec::new(), ..params }).await?;
    let mut table = Table::with_header(&["from", "until", "clicks", "humans", "bots", "uniques", "last_click_at"]);
    let totals = answer.totals.unwrap_or_default();
    let mut row = vec![answer.from.map(text).unwrap_or_default(), answer.until.map(text).unwrap_or_default()];
    row.extend(counts(&totals));
    row.push(totals.last_click_at.map(text).unwrap_or_default());
    table.row(&row);
    Ok(file("attachment; filename=\"totals.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

/// A row for each step.
pub(super) async fn series(session: &Session, params: Params) -> Result<Response, Refusal> {
    let step = params.step.unwrap_or(Step::Day);
    let answer = ask(session, Params { step: Some(step), dimensions: Vec::new(), ..params }).await?;
    let mut table = Table::with_header(&["start", "clicks", "humans", "bots", "uniques"]);
    for bucket in answer.series {
        let mut row = vec![bucket.start.map(text).unwrap_or_default()];
        row.extend(counts(&bucket.totals.unwrap_or_default()));
        table.row(&row);
    }
    Ok(file("attachment; filename=\"series.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

/// A row for each of the top values of each dimension.
pub(super) async fn breakdown(session: &Session, params: Params) -> Result<Response, Refusal> {
    if params.dimensions.is_empty() {
        return Err(Refusal::new(Code::BadRequest, "give at least one dimension"));
    }
    let answer = ask(session, Params { step: None, ..params }).await?;
    let mut table = Table::with_header(&["dimension", "value", "clicks", "humans", "uniques"]);
    for breakdown in answer.breakdowns {
        let name = breakdown.dimension().as_str_name().trim_start_matches("DIMENSION_").to_owned();
        for row in breakdown.rows {
            let counts = [row.clicks, row.humans, row.uniques].map(|count| count.to_string());
            let [clicks, humans, uniques] = counts;
            table.row(&[name.clone(), row.value, clicks, humans, uniques]);
        }
    }
    Ok(file("attachment; filename=\"breakdown.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

fn counts(totals: &Totals) -> [String; 4] {
    [totals.clicks, totals.humans, totals.bots, totals.uniques].map(|count| count.to_string())
}

async fn ask(session: &Session, params: Params) -> Result<QueryAnalyticsResponse, Refusal> {
    let scope = params.scope_in(session.workspace(params.workspace).await?);
    let message = QueryAnalyticsRequest {
        scope: Some(scope),
        from: params.from,
        until: params.until,
        time_zone: params.time_zone,
        step: params.step.unwrap_or(Step::Unspecified).into(),
        breakdowns: params.dimensions.into_iter().map(i32::from).collect(),
        top: params.top.unwrap_or(TOP),
        filters: params.filters,
        compare_previous: false,
    };
    let request = session.read(message).await?;
    let mut analytics = session.app.upstreams.analytics.clone();
    Ok(analytics.query_analytics(request).await.map_err(|status| refusal(&status))?.into_inner())
}
