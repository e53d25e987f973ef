//! Totals, series and breakdowns from the raw clicks: filtered, as far back as they are kept.
//!
//! Visitors are counted as folded days know them, so that an answer does not depend on what is folded: who has several of the
//! values of a filter, or clicked several of the links of a tag or a domain, counts for each.

use curtail_proto::analytics::v1::query_analytics_response::{Breakdown, Row};
use curtail_proto::analytics::v1::{Dimension, Totals};
use curtail_proto::timestamp;
use curtail_rpc::Error;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{QueryBuilder, Row as _};
use time::OffsetDateTime;

use super::dimension::expression;
use super::filter::Filter;
use super::range::Range;
use super::rollups::Answer;
use super::scope::Scope;
use super::tally::instant;

/// The clicks that a question is about.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// Whose.
    pub scope: &'a Scope,
    /// When.
    pub range: Range,
    /// Which of them.
    pub filters: &'a [Filter],
}

impl Selection<'_> {
    /// Adds up the clicks, whole and for each bucket that begins at one of `starts`.
    pub async fn answer(&self, connection: &mut PgConnection, starts: &[i64]) -> Result<Answer, Error> {
        let totals = self.sums(&mut *connection, &[self.range.from_ms]).await?;
        let series = if starts.is_empty() { Vec::new() } else { self.sums(connection, starts).await? };
        Ok(Answer { totals: totals.into_iter().next().unwrap_or_default(), series })
    }

    /// The top values of a dimension, most clicked first; of equally clicked ones the first in the alphabet.
    pub async fn breakdown(
        &self,
        connection: &mut PgConnection,
        dimension: Dimension,
        top: u32,
    ) -> Result<Breakdown, Error> {
        let Some(value) = expression(dimension) else { return Ok(Breakdown::default()) };
        let mut query = QueryBuilder::new("SELECT value, ");
        query.push(SUMS).push(" FROM (SELECT ").push(value).push(" AS value, ").push(VISITS);
        self.push_from(&mut query);
        self.push_groups(&mut query);
        query.push(") v GROUP BY value ORDER BY clicks DESC, value LIMIT ");
        query.push_bind(i64::from(top));
        let rows = query.build().fetch_all(connection).await.map_err(crate::store_error)?;
        let rows = rows.iter().map(|row| {
            Ok(Row {
                value: row.try_get("value")?,
                clicks: row.try_get("clicks")?,
                humans: row.try_get("humans")?,
                uniques: row.try_get("uniques")?,
            })
        });
        let rows = rows.collect::<Result<_, sqlx::Error>>().map_err(crate::store_error)?;
        Ok(Breakdown { dimension: dimension.into(), rows, left_out: 0 })
    }

    /// The sums of the buckets that begin at `starts`, zeros for the empty ones.
    pub(super) async fn sums(&self, connection: &mut PgConnection, starts: &[i64]) -> Result<Vec<Totals>, Error> {
        let mut query = QueryBuilder::new("SELECT bucket, max(last) AS last, ");
        query.push(SUMS).push(" FROM (SELECT width_bucket(at, ");
        query.push_bind(starts.iter().map(|start| instant(*start)).collect::<Vec<_>>());
        query.push(") AS bucket, max(at) AS last, ").push(VISITS);
        self.push_from(&mut query);
        self.push_groups(&mut query);
        query.push(") v GROUP BY bucket");
        let rows = query.build().fetch_all(connection).await.map_err(crate::store_error)?;
        let mut sums = vec![Totals::default(); starts.len()];
        for row in rows {
            let (bucket, totals) = totals(&row).map_err(crate::store_error)?;
            if let Some(sum) = (bucket as usize).checked_sub(1).and_then(|index| sums.get_mut(index)) {
                *sum = totals;
            }
        }
        Ok(sums)
    }

    /// Groups within which a visitor counts once.
    fn push_groups(&self, query: &mut QueryBuilder<Postgres>) {
        query.push(" GROUP BY 1, visitor, bot");
        if self.scope.links.as_ref().is_some_and(|links| links.len() > 1) {
            query.push(", link_id");
        }
        for filter in self.filters.iter().filter(|filter| filter.values.len() > 1) {
            if let Some(value) = expression(filter.dimension) {
                query.push(", ").push(value);
            }
        }
    }

    /// `FROM … WHERE …`; every value is bound.
    pub(super) fn push_from(&self, query: &mut QueryBuilder<Postgres>) {
        query.push(" FROM clicks WHERE workspace_id = ").push_bind(self.scope.workspace_id);
        if let Some(links) = &self.scope.links {
            query.push(" AND link_id = ANY(").push_bind(links.clone()).push(")");
        }
        query.push(" AND at >= ").push_bind(instant(self.range.from_ms));
        query.push(" AND at < ").push_bind(instant(self.range.until_ms));
        for filter in self.filters {
            if let Some(value) = expression(filter.dimension) {
                query.push(" AND ").push(value).push(" = ANY(").push_bind(filter.values.clone()).push(")");
            }
        }
    }
}

/// The clicks of one visitor. Grouping twice counts visitors by hashing, where `count(DISTINCT)` would sort all clicks.
const VISITS: &str = "visitor, bot, count(*) AS n";

/// What is answered about a group of visitors.
const SUMS: &str = "sum(n)::bigint AS clicks, coalesce(sum(n) FILTER (WHERE NOT bot), 0)::bigint AS humans, \
                    count(*) FILTER (WHERE NOT bot AND visitor <> 0) AS uniques";

fn totals(row: &sqlx::postgres::PgRow) -> Result<(i32, Totals), sqlx::Error> {
    let (clicks, humans): (i64, i64) = (row.try_get("clicks")?, row.try_get("humans")?);
    let last: OffsetDateTime = row.try_get("last")?;
    let totals = Totals {
        clicks,
        humans,
        bots: clicks - humans,
        uniques: row.try_get("uniques")?,
        last_click_at: Some(timestamp(last)),
    };
    Ok((row.try_get("bucket")?, totals))
}
