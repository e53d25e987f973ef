//! Questions about clicks as query strings ask them.

use curtail_proto::analytics::v1::{self as pb, AnalyticsScope, QueryAnalyticsRequest, analytics_scope::Of};
use curtail_proto::timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use time::{Duration, OffsetDateTime};
use utoipa::IntoParams;

use crate::error::Code;
use crate::rest::problem::Problem;
use crate::schema::analytics::{Dimension, Step};
use crate::schema::scalars::optional_instant;

/// How far back a question without a range goes.
const LATELY: Duration = Duration::days(30);

/// What is counted: a workspace, or a part of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct Scope {
    /// The workspace; without it, the caller's first one.
    #[param(value_type = Option<String>)]
    pub workspace: Option<i64>,
    /// Only this link.
    #[param(value_type = Option<String>)]
    link: Option<i64>,
    /// Only links that carry this tag now.
    tag: Option<String>,
    /// Only links on this short domain.
    domain: Option<String>,
}

impl Scope {
    /// As the service takes it.
    ///
    /// # Errors
    /// `BAD_REQUEST` for more than one of link, tag and domain.
    pub fn within(self, workspace_id: i64) -> Result<AnalyticsScope, Problem> {
        let parts = [self.link.map(Of::LinkId), self.tag.map(Of::Tag), self.domain.map(Of::Domain)];
        let mut parts = parts.into_iter().flatten();
        match (parts.next(), parts.next()) {
            (of, None) => Ok(AnalyticsScope { workspace_id, of }),
            (_, Some(_)) => {
                let message = "give one of link, tag and domain";
                Err(Problem::field(Code::BadRequest, "link", "SCOPE_INVALID", message))
            }
        }
    }
}

/// The range, and how it is cut into pieces.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Start of the range, included; without it, 30 days before its end.
    #[serde(default, deserialize_with = "optional_instant")]
    pub from: Option<OffsetDateTime>,
    /// End of the range, excluded; without it, now.
    #[serde(default, deserialize_with = "optional_instant")]
    pub until: Option<OffsetDateTime>,
    /// IANA name of the time zone in which days, weeks and months begin; UTC without it.
    pub time_zone: Option<String>,
    /// Width of the steps of a series.
    #[param(inline)]
    pub step: Option<Step>,
    /// A dimension to break down by; may be repeated.
    #[serde(default)]
    #[param(required = false, inline)]
    pub dimension: Vec<Dimension>,
    /// Rows of each breakdown.
    #[param(minimum = 1, maximum = 100)]
    pub top: Option<u32>,
    /// `DIMENSION:value` keeps the clicks with this value, for example `COUNTRY:DE`; may be repeated: values of the same dimension are
    /// alternatives, dimensions must all fit. Nothing behind the colon stands for "not known".
    #[serde(default)]
    #[param(required = false, value_type = Vec<String>, example = json!(["COUNTRY:DE"]))]
    pub filter: Vec<Filter>,
}

/// One value of a dimension.
#[derive(Debug, PartialEq)]
pub struct Filter {
    dimension: Dimension,
    value: String,
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (name, value) = text.split_once(':').ok_or_else(|| D::Error::custom("no colon"))?;
        let name = serde::de::value::StrDeserializer::<D::Error>::new(name);
        Ok(Self { dimension: Dimension::deserialize(name)?, value: value.to_owned() })
    }
}

/// The comparison with what was before.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Whether `previous` is wanted, the counts of the range of the same length just before.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub compare_previous: bool,
}

impl Question {
    /// The filters as the service takes them: the values of a dimension together.
    pub fn filters(&mut self) -> Vec<pb::DimensionFilter> {
        let mut filters: Vec<pb::DimensionFilter> = Vec::new();
        for Filter { dimension, value } in self.filter.drain(..) {
            let dimension = i32::from(pb::Dimension::from(dimension));
            match filters.iter_mut().find(|filter| filter.dimension == dimension) {
                Some(filter) => filter.values.push(value),
                None => filters.push(pb::DimensionFilter { dimension, values: vec![value] }),
            }
        }
        filters
    }

    /// As the service takes it; `top` rows of a breakdown when nothing is said.
    pub fn about(mut self, scope: AnalyticsScope, top: u32) -> QueryAnalyticsRequest {
        QueryAnalyticsRequest {
            scope: Some(scope),
            from: self.from.map(timestamp),
            until: self.until.map(timestamp),
            step: self.step.map_or(pb::Step::Unspecified, Into::into).into(),
            breakdowns: self.dimension.iter().map(|dimension| pb::Dimension::from(*dimension).into()).collect(),
            top: self.top.unwrap_or(top),
            filters: self.filters(),
            time_zone: self.time_zone.unwrap_or_default(),
            compare_previous: false,
        }
    }

    /// With a range, where none is given.
    #[must_use]
    pub fn lately(self, now: OffsetDateTime) -> Self {
        let until = self.until.unwrap_or(now);
        Self { from: self.from.or_else(|| until.checked_sub(LATELY)), until: Some(until), ..self }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::rest::query::{Params, read};

    #[test]
    fn every_parameter_is_read() {
        let Params(scope, mut question) = read::<Params<Scope, Question>>(
            "workspace=7&link=8&from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00%2B01:00&timeZone=Europe/Berlin&step=DAY\
             &dimension=COUNTRY&dimension=UTM_SOURCE&top=5&filter=DEVICE:mobile&filter=DEVICE:tablet&filter=REFERRER:",
        )
        .unwrap();
        assert_eq!(scope.workspace, Some(7));
        assert_eq!(scope.within(7).unwrap(), AnalyticsScope { workspace_id: 7, of: Some(Of::LinkId(8)) });
        assert_eq!(question.until.unwrap() - question.from.unwrap(), Duration::hours(23));
        let filter = |dimension: pb::Dimension, values: &[&str]| pb::DimensionFilter {
            dimension: dimension.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let (device, referrer) = (pb::Dimension::Device, pb::Dimension::Referrer);
        assert_eq!(question.filters(), [filter(device, &["mobile", "tablet"]), filter(referrer, &[""])]);
        let asked = question.about(AnalyticsScope::default(), 10);
        assert_eq!((asked.time_zone.as_str(), asked.step(), asked.top), ("Europe/Berlin", pb::Step::Day, 5));
        assert_eq!(asked.breakdowns().collect::<Vec<_>>(), [pb::Dimension::Country, pb::Dimension::UtmSource]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "form=2026-11-01T00:00:00Z",
            "from=yesterday",
            "link=x",
            "top=-1",
            "top=1&top=2",
            "step=UNSPECIFIED",
            "step=day",
            "dimension=",
            "filter=COUNTRY",
            "filter=PLANET:DE",
        ] {
            assert_eq!(read::<Params<Scope, Question>>(query).unwrap_err().code(), Code::BadRequest, "{query}");
        }
        let Params(scope, _) = read::<Params<Scope, Question>>("link=1&tag=a").unwrap();
        assert_eq!(scope.within(7).unwrap_err().code(), Code::BadRequest);
    }

    #[test]
    fn without_a_range_it_is_about_the_last_thirty_days() {
        let now = datetime!(2026-12-01 00:00 UTC);
        let lately = Question::default().lately(now);
        assert_eq!((lately.from, lately.until), (Some(datetime!(2026-11-01 00:00 UTC)), Some(now)));
        let begun = Question { from: Some(datetime!(2026-01-01 00:00 UTC)), ..Question::default() }.lately(now);
        assert_eq!((begun.from, begun.until), (Some(datetime!(2026-01-01 00:00 UTC)), Some(now)));
    }
}
