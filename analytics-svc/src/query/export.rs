//! Raw clicks, page by page.
//!
//! A page is found in two steps: the counters say how far to look for so many clicks, and then the clicks of that slice are
//! read in their order. So a page costs about the same wherever it is, and however large the workspace. Clicks are never
//! updated, so the place of a row is a unique second key among clicks of the same instant.

use curtail_proto::analytics::v1::ExportedClick;
use curtail_proto::timestamp;
use curtail_rpc::{Code, Error};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{FromRow, QueryBuilder};
use time::OffsetDateTime;

use super::filter::Filter;
use super::range::Range;
use super::raw::Selection;
use super::scope::Scope;
use super::tally::{instant, unix_ms};
use crate::retention::Kept;

/// Counters that one look takes in.
const LOOK_AHEAD: i64 = 2_000;

/// Where an export goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Microseconds since 1970.
    at_us: i64,
    /// After this row of the instant; `None`: with the first click of the instant.
    row: Option<String>,
}

impl Cursor {
    /// The start of the range.
    pub fn start(range: Range) -> Self {
        Self { at_us: range.from_ms * 1000, row: None }
    }

    /// Reads what [`Cursor::to_text`] wrote.
    ///
    /// # Errors
    /// `INVALID` for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = || Error::new(Code::Invalid, "CURSOR_INVALID", "not a cursor of an export").field("cursor");
        let (at, row) = text.split_once(' ').ok_or_else(refused)?;
        let at_us = at.parse().ok().filter(|at| (0..=8_000_000_000_000_000).contains(at)).ok_or_else(refused)?;
        let (block, offset) = row.split_once(',').unwrap_or_default();
        let is_row = block.parse::<u32>().is_ok() && offset.parse::<u16>().is_ok();
        match (row.is_empty(), is_row) {
            (true, _) => Ok(Self { at_us, row: None }),
            (false, true) => Ok(Self { at_us, row: Some(format!("({row})")) }),
            (false, false) => Err(refused()),
        }
    }

    /// Opaque for clients.
    pub fn to_text(&self) -> String {
        let row = self.row.as_deref().map_or("", |row| row.trim_matches(['(', ')']));
        format!("{} {row}", self.at_us)
    }

    fn at(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(self.at_us)
    }
}

/// The clicks of an export.
pub struct Export<'a> {
    /// Whose.
    pub scope: &'a Scope,
    /// When.
    pub range: Range,
    /// Which of them.
    pub filters: &'a [Filter],
    /// Which counters there are.
    pub kept: Kept,
}

impl Export<'_> {
    /// The next clicks, at most `limit`, and where to go on; there may be fewer, or none, before the end.
    pub async fn page(
        &self,
        connection: &mut PgConnection,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<(Vec<ExportedClick>, Option<Cursor>), Error> {
        let Some(until) = self.slice(connection, cursor, limit).await? else { return Ok((Vec::new(), None)) };
        let rows = self.read(connection, cursor, until, limit).await.map_err(crate::store_error)?;
        let more_here = rows.len() == limit as usize;
        let next = match rows.last() {
            Some(last) if more_here => {
                Cursor { at_us: (last.at.unix_timestamp_nanos() / 1000) as i64, row: Some(last.row.clone()) }
            }
            _ => Cursor { at_us: unix_ms(until) * 1000, row: None },
        };
        let ended = !more_here && unix_ms(until) >= self.range.until_ms;
        Ok((rows.into_iter().map(ExportedClick::from).collect(), (!ended).then_some(next)))
    }

    /// Up to where to look for so many clicks; `None` when there are none any more.
    async fn slice(
        &self,
        connection: &mut PgConnection,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let by_minute = cursor.at_us / 1000 >= self.kept.minutes_ms;
        let (query, width_ms) = if by_minute { (MINUTES, 60_000) } else { (HOURS, 3_600_000) };
        let from_ms = (cursor.at_us / 1000).div_euclid(width_ms) * width_ms;
        let intervals: Vec<(OffsetDateTime, i64)> = sqlx::query_as(query)
            .bind(self.scope.workspace_id)
            .bind(self.scope.rollup_links())
            .bind(instant(from_ms))
            .bind(instant(self.range.until_ms))
            .bind(LOOK_AHEAD)
            .fetch_all(connection)
            .await
            .map_err(crate::store_error)?;
        let mut clicks = 0;
        let enough = intervals.iter().find(|(_, more)| {
            clicks += more;
            clicks > i64::from(limit)
        });
        let all_seen = intervals.len() < LOOK_AHEAD as usize;
        Ok(match (enough, intervals.last()) {
            (_, None) => None,
            (Some((at, _)), _) => Some(instant((unix_ms(*at) + width_ms).min(self.range.until_ms))),
            (None, Some(_)) if all_seen => Some(instant(self.range.until_ms)),
            (None, Some((last, _))) => Some(instant((unix_ms(*last) + width_ms).min(self.range.until_ms))),
        })
    }

    async fn read(
        &self,
        connection: &mut PgConnection,
        cursor: &Cursor,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let range = Range { from_ms: self.range.from_ms, until_ms: unix_ms(until) };
        let mut query = QueryBuilder::new(COLUMNS);
        Selection { scope: self.scope, range, filters: self.filters }.push_from(&mut query);
        query.push(" AND at >= ").push_bind(cursor.at());
        if let Some(row) = &cursor.row {
            query.push(" AND (at, ctid) > (").push_bind(cursor.at()).push(", ").push_bind(row.clone()).push("::tid)");
        }
        query.push(" ORDER BY at, ctid LIMIT ").push_bind(i64::from(limit));
        let rows: Vec<PgRow> = query.build().fetch_all(connection).await?;
        rows.iter().map(Row::from_row).collect()
    }
}

const COLUMNS: &str = "SELECT at, ctid::text AS row, link_id, bot, qr, coalesce(country, '') AS country, \
    coalesce(region, '') AS region, coalesce(city, '') AS city, coalesce(device, '') AS device, coalesce(os, '') AS os, \
    coalesce(browser, '') AS browser, coalesce(language, '') AS language, coalesce(referrer, '') AS referrer, channel, \
    coalesce(utm_source, '') AS utm_source, coalesce(utm_medium, '') AS utm_medium, \
    coalesce(utm_campaign, '') AS utm_campaign, coalesce(utm_term, '') AS utm_term, \
    coalesce(utm_content, '') AS utm_content";

macro_rules! intervals_of {
    ($table:literal) => {
        concat!(
            "SELECT at, sum(clicks)::bigint FROM ",
            $table,
            " WHERE workspace_id = $1 AND link_id = ANY($2) AND at >= $3 AND at < $4 GROUP BY at ORDER BY at LIMIT $5"
        )
    };
}

const MINUTES: &str = intervals_of!("clicks_by_minute");
const HOURS: &str = intervals_of!("clicks_by_hour");

#[derive(FromRow)]
struct Row {
    at: OffsetDateTime,
    row: String,
    link_id: i64,
    bot: bool,
    qr: bool,
    country: String,
    region: String,
    city: String,
    device: String,
    os: String,
    browser: String,
    language: String,
    referrer: String,
    channel: String,
    utm_source: String,
    utm_medium: String,
    utm_campaign: String,
    utm_term: String,
    utm_content: String,
}

impl From<Row> for ExportedClick {
    fn from(row: Row) -> Self {
        Self {
            at: Some(timestamp(row.at)),
            link_id: row.link_id,
            bot: row.bot,
            qr: row.qr,
            country: row.country,
            region: row.region,
            city: row.city,
            device: row.device,
            os: row.os,
            browser: row.browser,
            language: row.language,
            referrer: row.referrer,
            channel: row.channel,
            utm_source: row.utm_source,
            utm_medium: row.utm_medium,
            utm_campaign: row.utm_campaign,
            utm_term: row.utm_term,
            utm_content: row.utm_content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        for cursor in [Cursor { at_us: 5, row: None }, Cursor { at_us: 7, row: Some("(4294967295,65535)".into()) }] {
            assert_eq!(Cursor::parse(&cursor.to_text()).unwrap(), cursor);
        }
    }

    #[test]
    fn s36_other_texts_are_no_cursor() {
        for text in ["", "5", "-1 ", "8000000000000001 ", "5 1", "5 1,2,3", "5 1,65536", "5 (0,1)", "5 0,1)::tid; --"] {
            assert_eq!(Cursor::parse(text).unwrap_err().reason, "CURSOR_INVALID", "{text}");
        }
    }
}
