//! Click statistics as clients ask for and read them.

use async_graphql::{Context, Enum, Error, InputObject, SimpleObject};
use curtail_proto::analytics::v1 as pb;
use curtail_proto::{instant, timestamp};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::problem::fault;
use super::scalars::Long;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Rows of a breakdown by default.
pub const DEFAULT_TOP: u32 = 10;

/// Counts of clicks.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct ClickTotals {
    /// Humans and bots.
    pub clicks: Long,
    /// Clicks of humans.
    pub humans: Long,
    /// Clicks of bots: programs that identify themselves.
    pub bots: Long,
    /// Unique visitors, estimated within two per cent. A visitor is counted once per day.
    pub uniques: Long,
    /// The latest click; null without clicks.
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

/// A filter: clicks whose dimension has one of the values.
#[derive(InputObject, Debug)]
pub struct DimensionFilter {
    /// The dimension to filter by.
    pub dimension: Dimension,
    /// 1-20 values; an empty string stands for "unknown".
    pub values: Vec<String>,
}

/// Input of a query for click statistics.
#[derive(InputObject, Debug)]
pub struct AnalyticsInput {
    /// Start of the range, included.
    pub from: OffsetDateTime,
    /// End of the range, excluded.
    pub until: OffsetDateTime,
    /// IANA name of the time zone in which days, weeks and months begin.
    #[graphql(default_with = "\"UTC\".to_owned()")]
    pub time_zone: String,
    /// Width of the buckets of `series`; no series, if omitted.
    pub step: Option<Step>,
    /// Dimensions to break down by.
    #[graphql(default)]
    pub breakdowns: Vec<Dimension>,
    /// Rows of each breakdown, 1-100.
    #[graphql(default_with = "DEFAULT_TOP")]
    pub top: u32,
    /// At most 8 filters; all must match.
    #[graphql(default)]
    pub filters: Vec<DimensionFilter>,
    /// Whether to return `previous`.
    #[graphql(default)]
    pub compare_previous: bool,
}

/// One bucket of a series.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// Start of the bucket.
    #[serde(with = "rfc3339::option")]
    pub start: Option<OffsetDateTime>,
    /// Counts of the bucket; zeros if there were no clicks.
    pub totals: ClickTotals,
}

/// One value of a dimension.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct BreakdownRow {
    /// The value; empty for "unknown".
    pub value: String,
    /// Humans and bots.
    pub clicks: Long,
    /// Clicks of humans.
    pub humans: Long,
    /// Unique visitors.
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
    /// Clicks of values that are no longer known: per link and day, the 1,000 values with the most clicks are kept.
    pub left_out: Long,
}

/// Click statistics.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    /// Counts of the range.
    pub totals: ClickTotals,
    /// Counts of the preceding range of the same length; null unless requested.
    pub previous: Option<ClickTotals>,
    /// Counts per bucket without gaps; empty unless `step` was given.
    pub series: Vec<Bucket>,
    /// The breakdowns, in the order of the request.
    pub breakdowns: Vec<Breakdown>,
    /// Start of the counted range: rounded to minutes, and further in the past to hours and days, because finer counters are
    /// not kept forever.
    #[serde(with = "rfc3339::option")]
    pub counted_from: Option<OffsetDateTime>,
    /// End of the counted range.
    #[serde(with = "rfc3339::option")]
    pub counted_until: Option<OffsetDateTime>,
    /// Filters and breakdowns only cover clicks from this time on; null if that is the whole range.
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
    let argument = match &of {
        Some(pb::analytics_scope::Of::Tag(_)) => "tag",
        Some(pb::analytics_scope::Of::Domain(_)) => "domain",
        Some(pb::analytics_scope::Of::LinkId(_)) | None => "id",
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
    match analytics.query_analytics(request).await {
        Ok(answer) => Ok(answer.into_inner().into()),
        Err(status) => {
            let error = curtail_rpc::Error::from_status(&status);
            let about_scope = error.field.as_deref() == Some("scope");
            Err(fault(if about_scope { error.field(argument) } else { error }))
        }
    }
}
