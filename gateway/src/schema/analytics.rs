//! Click statistics as clients ask for and read them.

use async_graphql::{Context, Enum, Error, InputObject, SimpleObject};
use curtail_proto::analytics::v1 as pb;
use curtail_proto::{instant, timestamp};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::problem::value;
use super::scalars::Long;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Rows of a breakdown when nothing is said.
pub const DEFAULT_TOP: u32 = 10;

/// Counts of clicks.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct ClickTotals {
    /// Humans and bots.
    pub clicks: Long,
    /// Clicks of people.
    pub humans: Long,
    /// Clicks of programs that say that they are one.
    pub bots: Long,
    /// Different people, estimated within two per cent; a person is counted anew each day.
    pub uniques: Long,
    /// The latest click; null when there is none.
    #[serde(with = "rfc3339::option")]
    pub last_click_at: Option<OffsetDateTime>,
}

impl Default for ClickTotals {
    fn default() -> Self {
        pb::Totals::default().into()
    }
}

impl From<pb::Totals> for ClickTotals {
    fn from(totals: pb::Totals) -> Self {
        Self {
            clicks: Long(totals.clicks),
            humans: Long(totals.humans),
            bots: Long(totals.bots),
            uniques: Long(totals.uniques),
            last_click_at: instant(totals.last_click_at),
        }
    }
}

/// The width of a bucket of a series.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Step {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// A calendar day of the time zone.
    Day,
    /// A calendar week that starts on Monday.
    Week,
    /// A calendar month.
    Month,
}

mirror!(Step, pb::Step, Day, [Minute, Hour, Day, Week, Month]);

/// A property of clicks to filter and break down by.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Dimension {
    /// ISO 3166-1 alpha-2 code.
    Country,
    /// ISO 3166-2 subdivision.
    Region,
    /// City.
    City,
    /// `desktop`, `mobile`, `tablet`, …
    Device,
    /// Operating system.
    Os,
    /// Browser.
    Browser,
    /// Host of the referring page.
    Referrer,
    /// `direct`, `search`, `social`, `email`, `paid` or `referral`.
    Channel,
    /// `utm_source`.
    UtmSource,
    /// `utm_medium`.
    UtmMedium,
    /// `utm_campaign`.
    UtmCampaign,
    /// `utm_term`.
    UtmTerm,
    /// `utm_content`.
    UtmContent,
    /// First language of the browser.
    Language,
    /// `click` or `qr`.
    Trigger,
    /// Id of the link.
    Link,
}

mirror!(
    Dimension,
    pb::Dimension,
    Link,
    [
        Country,
        Region,
        City,
        Device,
        Os,
        Browser,
        Referrer,
        Channel,
        UtmSource,
        UtmMedium,
        UtmCampaign,
        UtmTerm,
        UtmContent,
        Language,
        Trigger,
        Link
    ]
);

/// Keeps the clicks whose dimension has one of the values.
#[derive(InputObject, Debug)]
pub struct DimensionFilter {
    /// What to look at.
    pub dimension: Dimension,
    /// 1-20 values; an empty string stands for "not known".
    pub values: Vec<String>,
}

/// A question about clicks.
#[derive(InputObject, Debug)]
pub struct AnalyticsInput {
    /// Start of the range, included.
    pub from: OffsetDateTime,
    /// End of the range, excluded.
    pub until: OffsetDateTime,
    /// IANA name of the time zone in which days, weeks and months begin.
    #[graphql(default_with = "\"UTC\".to_owned()")]
    pub time_zone: String,
    /// Width of the buckets of `series`; without it there is no series.
    pub step: Option<Step>,
    /// Dimensions to break down by.
    #[graphql(default)]
    pub breakdowns: Vec<Dimension>,
    /// Rows of each breakdown, 1-100.
    #[graphql(default_with = "DEFAULT_TOP")]
    pub top: u32,
    /// At most 8; all must hold.
    #[graphql(default)]
    pub filters: Vec<DimensionFilter>,
    /// Whether `previous` is wanted.
    #[graphql(default)]
    pub compare_previous: bool,
}

/// One step of a series.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// Where the step starts.
    #[serde(with = "rfc3339::option")]
    pub start: Option<OffsetDateTime>,
    /// Its counts; zeros when nothing happened.
    pub totals: ClickTotals,
}

/// One value of a dimension.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct BreakdownRow {
    /// Empty for "not known".
    pub value: String,
    /// Humans and bots.
    pub clicks: Long,
    /// Clicks of people.
    pub humans: Long,
    /// Different people.
    pub uniques: Long,
}

/// The most frequent values of one dimension.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Breakdown {
    /// The dimension.
    pub dimension: Dimension,
    /// Most clicks first.
    pub rows: Vec<BreakdownRow>,
    /// Clicks of values that are not known any more: of a link and a day, the 1,000 values with the most clicks are kept.
    pub left_out: Long,
}

/// The answer to a question about clicks.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    /// Counts of the range.
    pub totals: ClickTotals,
    /// Counts of the range of the same length just before; null unless asked for.
    pub previous: Option<ClickTotals>,
    /// Counts step by step without a gap; empty unless a step was given.
    pub series: Vec<Bucket>,
    /// In the order asked for.
    pub breakdowns: Vec<Breakdown>,
    /// Start of what was counted: the range in whole minutes, and further back in whole hours and days, as finer counters are
    /// not kept for ever.
    #[serde(with = "rfc3339::option")]
    pub counted_from: Option<OffsetDateTime>,
    /// End of what was counted.
    #[serde(with = "rfc3339::option")]
    pub counted_until: Option<OffsetDateTime>,
    /// Filters and breakdowns know the clicks from here on only; null when that is all of the range.
    #[serde(with = "rfc3339::option")]
    pub details_from: Option<OffsetDateTime>,
}

impl From<pb::QueryAnalyticsResponse> for Analytics {
    fn from(answer: pb::QueryAnalyticsResponse) -> Self {
        let row = |row: pb::query_analytics_response::Row| BreakdownRow {
            value: row.value,
            clicks: Long(row.clicks),
            humans: Long(row.humans),
            uniques: Long(row.uniques),
        };
        let bucket = |bucket: pb::query_analytics_response::Bucket| Bucket {
            start: instant(bucket.start),
            totals: bucket.totals.unwrap_or_default().into(),
        };
        let breakdown = |breakdown: pb::query_analytics_response::Breakdown| Breakdown {
            dimension: breakdown.dimension().into(),
            left_out: Long(breakdown.left_out),
            rows: breakdown.rows.into_iter().map(row).collect(),
        };
        Self {
            totals: answer.totals.unwrap_or_default().into(),
            previous: answer.previous.map(ClickTotals::from),
            series: answer.series.into_iter().map(bucket).collect(),
            breakdowns: answer.breakdowns.into_iter().map(breakdown).collect(),
            counted_from: instant(answer.from),
            counted_until: instant(answer.until),
            details_from: instant(answer.raw_from),
        }
    }
}

/// Asks analytics-svc about a workspace or a part of it, in one RPC.
///
/// # Errors
/// What the service refused, with the field it is about.
pub async fn query(
    ctx: &Context<'_>,
    workspace_id: i64,
    of: Option<pb::analytics_scope::Of>,
    input: AnalyticsInput,
) -> Result<Analytics, Error> {
    let filter = |filter: DimensionFilter| pb::DimensionFilter {
        dimension: pb::Dimension::from(filter.dimension).into(),
        values: filter.values,
    };
    let message = pb::QueryAnalyticsRequest {
        scope: Some(pb::AnalyticsScope { workspace_id, of }),
        from: Some(timestamp(input.from)),
        until: Some(timestamp(input.until)),
        time_zone: input.time_zone,
        step: input.step.map_or(pb::Step::Unspecified, Into::into).into(),
        breakdowns: input.breakdowns.into_iter().map(|d| pb::Dimension::from(d).into()).collect(),
        top: input.top,
        filters: input.filters.into_iter().map(filter).collect(),
        compare_previous: input.compare_previous,
    };
    let request = ctx.data::<RequestContext>()?.read(message);
    let mut analytics = ctx.data::<Upstreams>()?.analytics.clone();
    Ok(value(analytics.query_analytics(request).await)?.into())
}
