//! The top values of a dimension: of folded days from their rows, of all others from the raw clicks.

use std::collections::BTreeSet;

use curtail_proto::analytics::v1::Dimension;
use curtail_proto::analytics::v1::query_analytics_response::{Breakdown, Row};
use curtail_rpc::Error;
use sqlx::postgres::PgConnection;

use super::folded::{self, Folded};
use super::parts::{Part, Source, join, split};
use super::raw::Selection;
use crate::busiest::Busiest;
use crate::fold::packed::DayValues;

/// The most different values that are added up; see [`Busiest`].
const MAX_COUNTED: usize = 100_000;

/// The most values of a stretch of raw clicks.
const MAX_RAW: u32 = 50_000;

#[derive(Default)]
struct Sums {
    clicks: i64,
    humans: i64,
    uniques: i64,
}

impl Sums {
    fn add(&mut self, clicks: i64, humans: i64, uniques: i64) {
        self.clicks += clicks;
        self.humans += humans;
        self.uniques += uniques;
    }
}

/// The top values of the clicks of a selection, which has no filter but one of the same dimension.
pub async fn breakdown(
    connection: &mut PgConnection,
    selection: &Selection<'_>,
    folded: &Folded,
    dimension: Dimension,
    top: u32,
) -> Result<Breakdown, Error> {
    let is_folded = |part: &Part| part.source() == Source::Day && folded.has(part.day);
    let (days, raw): (Vec<Part>, Vec<Part>) = split(selection.range, &[]).into_iter().partition(is_folded);
    if days.is_empty() {
        return selection.breakdown(connection, dimension, top).await;
    }
    let passes = |value: &String| selection.filters.iter().all(|filter| filter.values.contains(value));
    let mut values = Busiest::new(MAX_COUNTED, |sums: &Sums| sums.clicks.unsigned_abs());
    let wanted: BTreeSet<i64> = days.iter().map(|part| part.day).collect();
    let take = |_, packed: DayValues| {
        for (place, value) in packed.values.iter().enumerate().filter(|(_, value)| passes(value)) {
            let [clicks, humans, uniques] =
                [&packed.clicks, &packed.humans, &packed.uniques].map(|list| list[place].cast_signed());
            values.of(value).add(clicks, humans, uniques);
        }
        values.leave_out(packed.left_out);
    };
    folded::read(connection, selection.scope, dimension, &wanted, take).await?;
    // Clicks of kept values that only miss the top are none that no one knows.
    let unknown = values.left_out();
    for range in join(raw) {
        let selection = Selection { range, ..*selection };
        for row in selection.breakdown(&mut *connection, dimension, MAX_RAW).await?.rows {
            values.of(&row.value).add(row.clicks, row.humans, row.uniques);
        }
    }
    let rows = values.take(top as usize).values.into_iter().map(|(value, sums)| Row {
        value: value.into(),
        clicks: sums.clicks,
        humans: sums.humans,
        uniques: sums.uniques,
    });
    Ok(Breakdown { dimension: dimension.into(), rows: rows.collect(), left_out: unknown.cast_signed() })
}
