//! Totals and series from the rollups.

use curtail_proto::analytics::v1::{LinkTotals, Totals};
use curtail_rpc::Error;
use futures_util::TryStreamExt as _;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;

use super::pieces::Pieces;
use super::range::Range;
use super::scope::Scope;
use super::tally::{Counters, Tally, instant, unix_ms};

/// Totals of a range and of each of its buckets.
pub struct Answer {
    /// Of the whole range.
    pub totals: Totals,
    /// In the order of the buckets.
    pub series: Vec<Totals>,
}

/// Adds up a scope over a range, whole and for each bucket that begins at one of `starts`.
pub async fn answer(
    connection: &mut PgConnection,
    scope: &Scope,
    range: Range,
    starts: &[i64],
) -> Result<Answer, Error> {
    let mut totals = Tally::default();
    let mut series: Vec<Tally> = std::iter::repeat_with(Tally::default).take(starts.len()).collect();
    let pieces = Pieces::cover(range, starts);
    for (query, intervals) in [(MINUTES, pieces.minutes), (HOURS, pieces.hours), (DAYS, pieces.days)] {
        if intervals.is_empty() {
            continue;
        }
        let mut rows = sqlx::query_as::<_, Counters>(query)
            .bind(scope.workspace_id)
            .bind(scope.rollup_links())
            .bind(intervals.iter().map(|(from, _)| instant(*from)).collect::<Vec<_>>())
            .bind(intervals.iter().map(|(_, until)| instant(*until)).collect::<Vec<_>>())
            .fetch(&mut *connection);
        while let Some(row) = rows.try_next().await.map_err(crate::store_error)? {
            totals.add(&row).map_err(Error::internal)?;
            let bucket = starts.partition_point(|start| *start <= unix_ms(row.at));
            if let Some(tally) = bucket.checked_sub(1).and_then(|index| series.get_mut(index)) {
                tally.add(&row).map_err(Error::internal)?;
            }
        }
    }
    Ok(Answer { totals: totals.totals(), series: series.iter().map(Tally::totals).collect() })
}

/// The totals of links since their first click, each a pair of workspace and link; zeros when never clicked.
pub async fn lifetime(pool: &PgPool, links: &[(i64, i64)]) -> Result<Vec<LinkTotals>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        n: i64,
        #[sqlx(flatten)]
        counters: Counters,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT k.n, r.at, r.clicks, r.humans, r.last_click_at, r.uniques \
         FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (workspace_id, link_id, n) \
         JOIN clicks_by_ever r USING (workspace_id, link_id)",
    )
    .bind(links.iter().map(|(workspace, _)| *workspace).collect::<Vec<_>>())
    .bind(links.iter().map(|(_, link)| *link).collect::<Vec<_>>())
    .fetch_all(pool)
    .await
    .map_err(crate::store_error)?;
    let mut tallies: Vec<Tally> = std::iter::repeat_with(Tally::default).take(links.len()).collect();
    for row in rows {
        tallies[row.n as usize - 1].add(&row.counters).map_err(Error::internal)?;
    }
    let totals = links.iter().zip(tallies);
    Ok(totals.map(|((_, link_id), tally)| LinkTotals { link_id: *link_id, totals: Some(tally.totals()) }).collect())
}

macro_rules! rows_of {
    ($table:literal) => {
        concat!(
            "SELECT r.at, r.clicks, r.humans, r.last_click_at, r.uniques ",
            "FROM unnest($3::timestamptz[], $4::timestamptz[]) AS i (since, upto) JOIN ",
            $table,
            " r ON r.workspace_id = $1 AND r.link_id = ANY($2) AND r.at >= i.since AND r.at < i.upto"
        )
    };
}

const MINUTES: &str = rows_of!("clicks_by_minute");
const HOURS: &str = rows_of!("clicks_by_hour");
const DAYS: &str = rows_of!("clicks_by_day");
