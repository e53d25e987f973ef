//! Which days of a workspace are folded, and the rows of those.

use std::collections::BTreeSet;

use curtail_proto::analytics::v1::Dimension;
use curtail_rpc::Error;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};
use time::Date;

use super::dimension::column;
use super::parts::DAY_MS;
use super::scope::Scope;
use super::tally::{instant, unix_ms};
use crate::fold::Progress;
use crate::fold::packed::Packed;

/// The folded days as one snapshot of the database has them; days are counted from 1970.
#[derive(Debug, Default)]
pub struct Folded {
    since: Option<i64>,
    until: Option<i64>,
    stale: BTreeSet<i64>,
}

impl Folded {
    /// Reads them, within the transaction that reads all else.
    pub async fn read(connection: &mut PgConnection, workspace_id: i64) -> Result<Self, Error> {
        let progress = Progress::read(&mut *connection).await.map_err(crate::store_error)?;
        let stale: Vec<Date> = sqlx::query_scalar("SELECT day FROM stale_days WHERE workspace_id = $1")
            .bind(workspace_id)
            .fetch_all(connection)
            .await
            .map_err(crate::store_error)?;
        Ok(Self {
            since: progress.since.map(number),
            until: progress.folded_until.map(number),
            stale: stale.into_iter().map(number).collect(),
        })
    }

    /// Whether the rows of the day have all of its clicks.
    pub fn has(&self, day: i64) -> bool {
        self.since.is_some_and(|since| day >= since)
            && self.until.is_some_and(|until| day < until)
            && !self.stale.contains(&day)
    }

    /// Since when days are folded, in milliseconds since 1970.
    pub fn since_ms(&self) -> Option<i64> {
        self.since.map(|day| day * DAY_MS)
    }
}

/// Reads what is known of a dimension on the days from `first` to `last`, and hands each day that `wanted` has, of each link, to
/// `take`.
pub async fn read<M: Packed>(
    connection: &mut PgConnection,
    scope: &Scope,
    dimension: Dimension,
    wanted: &BTreeSet<i64>,
    mut take: impl FnMut(i64, M),
) -> Result<(), Error> {
    let (Some(first), Some(last), Some(column)) = (wanted.first(), wanted.last(), column(dimension)) else {
        return Ok(());
    };
    let table = M::TABLE;
    let select = format!(
        "SELECT day, {column} FROM {table} WHERE workspace_id = $1 AND link_id = ANY($2) AND day >= $3 AND day <= $4"
    );
    let mut rows = sqlx::query(AssertSqlSafe(select))
        .bind(scope.workspace_id)
        .bind(scope.rollup_links())
        .bind(date(*first))
        .bind(date(*last))
        .fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(crate::store_error)? {
        let day = number(row.try_get(0).map_err(crate::store_error)?);
        if wanted.contains(&day) {
            let packed: &[u8] = row.try_get(1).map_err(crate::store_error)?;
            take(day, M::unpack(packed).map_err(Error::internal)?);
        }
    }
    Ok(())
}

fn number(day: Date) -> i64 {
    unix_ms(day.midnight().assume_utc()).div_euclid(DAY_MS)
}

fn date(day: i64) -> Date {
    instant(day * DAY_MS).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_folded_between_the_ends_unless_they_are_stale() {
        let folded = Folded { since: Some(10), until: Some(20), stale: BTreeSet::from([15]) };
        let days: Vec<i64> = (8..22).filter(|day| folded.has(*day)).collect();
        assert_eq!(days, [10, 11, 12, 13, 14, 16, 17, 18, 19]);
        assert!(!Folded::default().has(0));
    }

    #[test]
    fn a_day_is_its_number() {
        assert_eq!(number(date(20_778)), 20_778);
        assert_eq!(date(20_778), time::macros::date!(2026 - 11 - 21));
    }
}
