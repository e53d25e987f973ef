//! Totals, series and breakdowns as a table.

use axum::body::Body;
use curtail_proto::analytics::v1::{AnalyticsScope, Totals};

use super::file::{File, text};
use super::table::Table;
use crate::error::Code;
use crate::rest::analytics::ask;
use crate::rest::analytics::question::Question;
use crate::rest::endpoint::Call;
use crate::rest::problem::Problem;
use crate::schema::analytics::Step;

/// Rows of a breakdown by default.
const TOP: u32 = 100;

/// One row with the counts of the range.
pub(super) async fn totals(call: &Call, scope: AnalyticsScope, question: Question) -> Result<File, Problem> {
    let answer = ask(call, Question { step: None, dimension: Vec::new(), ..question }.about(scope, TOP)).await?;
    let mut table = Table::with_header(&["from", "until", "clicks", "humans", "bots", "uniques", "last_click_at"]);
    let totals = answer.totals.unwrap_or_default();
    let mut row = vec![answer.from.map(text).unwrap_or_default(), answer.until.map(text).unwrap_or_default()];
    row.extend(counts(&totals));
    row.push(totals.last_click_at.map(text).unwrap_or_default());
    table.row(&row);
    Ok(File::new("attachment; filename=\"totals.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

/// A row for each step.
pub(super) async fn series(call: &Call, scope: AnalyticsScope, question: Question) -> Result<File, Problem> {
    let step = question.step.unwrap_or(Step::Day);
    let answer = ask(call, Question { step: Some(step), dimension: Vec::new(), ..question }.about(scope, TOP)).await?;
    let mut table = Table::with_header(&["start", "clicks", "humans", "bots", "uniques"]);
    for bucket in answer.series {
        let mut row = vec![bucket.start.map(text).unwrap_or_default()];
        row.extend(counts(&bucket.totals.unwrap_or_default()));
        table.row(&row);
    }
    Ok(File::new("attachment; filename=\"series.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

/// A row for each of the top values of each dimension.
pub(super) async fn breakdown(call: &Call, scope: AnalyticsScope, question: Question) -> Result<File, Problem> {
    if question.dimension.is_empty() {
        let message = "give at least one dimension";
        return Err(Problem::field(Code::BadRequest, "dimension", "MISSING", message));
    }
    let answer = ask(call, Question { step: None, ..question }.about(scope, TOP)).await?;
    let mut table = Table::with_header(&["dimension", "value", "clicks", "humans", "uniques"]);
    for breakdown in answer.breakdowns {
        let name = breakdown.dimension().as_str_name().trim_start_matches("DIMENSION_").to_owned();
        for row in breakdown.rows {
            let counts = [row.clicks, row.humans, row.uniques].map(|count| count.to_string());
            let [clicks, humans, uniques] = counts;
            table.row(&[name.clone(), row.value, clicks, humans, uniques]);
        }
    }
    Ok(File::new("attachment; filename=\"breakdown.csv\"", Body::from(table.into_bytes()), answer.raw_from))
}

fn counts(totals: &Totals) -> [String; 4] {
    [totals.clicks, totals.humans, totals.bots, totals.uniques].map(|count| count.to_string())
}
