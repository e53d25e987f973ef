//! Totals, series and breakdowns of a scope over a range.

use curtail_proto::analytics::v1::query_analytics_response::Bucket;
use curtail_proto::analytics::v1::{Dimension, QueryAnalyticsRequest, QueryAnalyticsResponse, Step};
use curtail_proto::timestamp;
use curtail_rpc::{Code, Error};
use sqlx::postgres::PgConnection;
use tonic::Request;

use super::{Analytics, access};
use crate::query::filter::{self, Filter};
use crate::query::filtered::Filtered;
use crate::query::folded::Folded;
use crate::query::range::Range;
use crate::query::raw::Selection;
use crate::query::rollups::{self, Answer};
use crate::query::scope::Scope;
use crate::query::tally::instant;
use crate::query::{buckets, dimension, top};
use crate::retention::Kept;

const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The most rows of a breakdown.
const MAX_TOP: u32 = 100;

/// A checked request, without its scope.
#[derive(Debug)]
struct Question {
    range: Range,
    starts: Vec<i64>,
    breakdowns: Vec<Dimension>,
    top: u32,
    filters: Vec<Filter>,
    compare_previous: bool,
}

/// What of the question the kept levels can answer.
struct Counted {
    kept: Kept,
    range: Range,
    starts: Vec<i64>,
    folded: Folded,
}

/// Checks, authorises, answers.
pub async fn handle(
    analytics: &Analytics,
    request: Request<QueryAnalyticsRequest>,
) -> Result<QueryAnalyticsResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let scope = request.get_ref().scope.clone();
    let scope = scope.ok_or_else(|| Error::new(Code::Invalid, "SCOPE_MISSING", "say of what").field("scope"))?;
    access::require(user, scope.workspace_id)?;
    let question = Question::check(request.into_inner())?;
    let kept = analytics.retention.at(analytics.clock.unix_ms());
    let kept = if question.asks_folded() { kept.of_dimensions() } else { kept };
    let scope = Scope::resolve(&analytics.pool, scope).await?;
    // One snapshot: a day may be folded, or become stale, between two statements.
    let mut snapshot = analytics.pool.begin_with(SNAPSHOT).await.map_err(crate::store_error)?;
    let counted = Counted {
        kept,
        range: kept.align(question.range),
        starts: kept.align_starts(&question.starts)?,
        folded: match question.asks_dimensions() {
            true => Folded::read(&mut snapshot, scope.workspace_id).await?,
            false => Folded::default(),
        },
    };
    let answer = question.answer(&mut snapshot, &scope, &counted).await?;
    snapshot.commit().await.map_err(crate::store_error)?;
    Ok(answer)
}

impl Question {
    fn check(request: QueryAnalyticsRequest) -> Result<Self, Error> {
        let range = Range::of(request.from, request.until)?;
        let zone = buckets::time_zone(&request.time_zone)?;
        let step = Step::try_from(request.step)
            .map_err(|_| Error::new(Code::Invalid, "STEP_UNKNOWN", "not a step").field("step"))?;
        let mut breakdowns = Vec::new();
        for number in request.breakdowns {
            let dimension = dimension::known(number, "breakdowns")?;
            if breakdowns.contains(&dimension) {
                return Err(Error::new(Code::Invalid, "BREAKDOWN_TWICE", "each dimension once").field("breakdowns"));
            }
            breakdowns.push(dimension);
        }
        if !breakdowns.is_empty() && !(1..=MAX_TOP).contains(&request.top) {
            return Err(Error::new(Code::Invalid, "TOP_OUT_OF_RANGE", format!("1 to {MAX_TOP} rows")).field("top"));
        }
        Ok(Self {
            range,
            starts: buckets::starts(range, step, &zone)?,
            breakdowns,
            top: request.top,
            filters: filter::check(request.filters)?,
            compare_previous: request.compare_previous,
        })
    }

    async fn answer(
        &self,
        connection: &mut PgConnection,
        scope: &Scope,
        counted: &Counted,
    ) -> Result<QueryAnalyticsResponse, Error> {
        let Answer { totals, series } = self.sums(connection, scope, counted, counted.range, &counted.starts).await?;
        let before = counted.kept.align(self.range.previous());
        let previous = match self.compare_previous {
            true => Some(self.sums(connection, scope, counted, before, &[]).await?.totals),
            false => None,
        };
        let mut breakdowns = Vec::with_capacity(self.breakdowns.len());
        for &dimension in &self.breakdowns {
            let selection = Selection { scope, range: counted.range, filters: &self.filters };
            breakdowns.push(match self.is_folded(dimension) {
                true => top::breakdown(connection, &selection, &counted.folded, dimension, self.top).await?,
                false => selection.breakdown(connection, dimension, self.top).await?,
            });
        }
        let starts = self.starts.iter().map(|start| timestamp(instant(*start)));
        let series =
            starts.zip(series).map(|(start, totals)| Bucket { start: Some(start), totals: Some(totals) }).collect();
        let known_ms = self.known_ms(counted).filter(|known_ms| counted.range.from_ms < *known_ms);
        Ok(QueryAnalyticsResponse {
            totals: Some(totals),
            previous,
            series,
            breakdowns,
            from: Some(timestamp(instant(counted.range.from_ms))),
            until: Some(timestamp(instant(counted.range.until_ms))),
            raw_from: known_ms.map(|known_ms| timestamp(instant(known_ms))),
        })
    }

    /// Whether folded days know the values of the dimension of what passes the filters.
    fn is_folded(&self, dimension: Dimension) -> bool {
        match self.filters.as_slice() {
            [] => true,
            [filter] => filter.dimension == dimension,
            _ => false,
        }
    }

    fn asks_dimensions(&self) -> bool {
        !self.filters.is_empty() || !self.breakdowns.is_empty()
    }

    /// Whether dimensions are asked for, and only such that folded days know.
    fn asks_folded(&self) -> bool {
        self.asks_dimensions()
            && self.filters.len() <= 1
            && self.breakdowns.iter().all(|dimension| self.is_folded(*dimension))
    }

    /// Since when the dimensions that are asked for are known; `None` when none are.
    fn known_ms(&self, counted: &Counted) -> Option<i64> {
        if !self.asks_dimensions() {
            return None;
        }
        let raw_ms = counted.kept.raw_ms;
        let folded_ms = counted.folded.since_ms().filter(|_| self.asks_folded());
        Some(folded_ms.map_or(raw_ms, |folded_ms| folded_ms.min(raw_ms)))
    }

    /// Without filters the counters know; of one filter folded days; of several the raw clicks.
    async fn sums(
        &self,
        connection: &mut PgConnection,
        scope: &Scope,
        counted: &Counted,
        range: Range,
        starts: &[i64],
    ) -> Result<Answer, Error> {
        match self.filters.as_slice() {
            [] => rollups::answer(connection, scope, range, starts).await,
            [filter] => {
                let raw_ms = counted.kept.raw_ms;
                Filtered { scope, filter, folded: &counted.folded, raw_ms }.answer(connection, range, starts).await
            }
            filters => Selection { scope, range, filters }.answer(connection, starts).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    fn request() -> QueryAnalyticsRequest {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        QueryAnalyticsRequest { from: at(0), until: at(3_600), ..QueryAnalyticsRequest::default() }
    }

    fn reason(request: QueryAnalyticsRequest) -> String {
        Question::check(request).unwrap_err().reason.into_owned()
    }

    #[test]
    fn rows_of_breakdowns_are_bounded() {
        let breakdown = |top| QueryAnalyticsRequest { breakdowns: vec![Dimension::Country.into()], top, ..request() };
        assert!(Question::check(breakdown(1)).is_ok());
        assert!(Question::check(breakdown(MAX_TOP)).is_ok());
        assert_eq!(reason(breakdown(0)), "TOP_OUT_OF_RANGE");
        assert_eq!(reason(breakdown(MAX_TOP + 1)), "TOP_OUT_OF_RANGE");
    }

    #[test]
    fn a_dimension_is_broken_down_once() {
        let every = QueryAnalyticsRequest { breakdowns: (1..=16).collect(), top: 1, ..request() };
        assert!(Question::check(every).is_ok());
        assert_eq!(reason(QueryAnalyticsRequest { breakdowns: vec![1, 1], top: 1, ..request() }), "BREAKDOWN_TWICE");
        assert_eq!(reason(QueryAnalyticsRequest { breakdowns: vec![17], top: 1, ..request() }), "DIMENSION_UNKNOWN");
        assert_eq!(reason(QueryAnalyticsRequest { step: 6, ..request() }), "STEP_UNKNOWN");
    }
}
