//! The query string of an export.

use prost_types::Timestamp;
use proto::analytics::v1::{AnalyticsScope, Dimension, DimensionFilter, Step, analytics_scope::Of};
use proto::timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Code, Refusal};

/// What to export.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Params {
    pub(super) workspace: Option<i64>,
    pub(super) of: Option<Of>,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) time_zone: String,
    pub(super) step: Option<Step>,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) top: Option<u32>,
    pub(super) filters: Vec<DimensionFilter>,
}

impl Params {
    /// Reads `workspace`, one of `link`, `tag` and `domain`, `from`, `until`, `timeZone`, `step`, `top`, and any number of
    /// `dimension` and of `filter=DIMENSION:value`; filters of the same dimension are alternatives.
    ///
    /// # Errors
    /// `BAD_REQUEST` for a name that is none of these, occurs twice or has a value of another form. Bounds are the service's.
    pub(super) fn parse(query: &str) -> Result<Self, Refusal> {
        let mut params = Self::default();
        let mut names = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if !matches!(&*name, "dimension" | "filter") && names.contains(&name) {
                return Err(bad(format!("{name} occurs more than once")));
            }
            match &*name {
                "workspace" => params.workspace = Some(number(&name, &value)?),
                "link" => params.scope(Of::LinkId(number(&name, &value)?))?,
                "tag" => params.scope(Of::Tag(value.into_owned()))?,
                "domain" => params.scope(Of::Domain(value.into_owned()))?,
                "from" => params.from = Some(instant(&name, &value)?),
                "until" => params.until = Some(instant(&name, &value)?),
                "timeZone" => params.time_zone = value.into_owned(),
                "step" => {
                    params.step = Some(named(&name, &value, |value| Step::from_str_name(&format!("STEP_{value}")))?)
                }
                "top" => params.top = Some(number(&name, &value)?),
                "dimension" => params.dimensions.push(dimension(&name, &value)?),
                "filter" => params.filter(&value)?,
                _ => return Err(bad(format!("there is no parameter {}", name.chars().take(64).collect::<String>()))),
            }
            names.push(name);
        }
        Ok(params)
    }

    /// What to count, in a workspace.
    pub(super) fn scope_in(&self, workspace_id: i64) -> AnalyticsScope {
        AnalyticsScope { workspace_id, of: self.of.clone() }
    }

    fn scope(&mut self, of: Of) -> Result<(), Refusal> {
        if self.of.replace(of).is_some() { Err(bad("give one of link, tag and domain")) } else { Ok(()) }
    }

    fn filter(&mut self, text: &str) -> Result<(), Refusal> {
        let (name, value) = text.split_once(':').ok_or_else(|| bad("filter has the form DIMENSION:value"))?;
        let dimension = i32::from(dimension("filter", name)?);
        match self.filters.iter_mut().find(|filter| filter.dimension == dimension) {
            Some(filter) => filter.values.push(value.to_owned()),
            None => self.filters.push(DimensionFilter { dimension, values: vec![value.to_owned()] }),
        }
        Ok(())
    }
}

fn dimension(name: &str, value: &str) -> Result<Dimension, Refusal> {
    named(name, value, |value| Dimension::from_str_name(&format!("DIMENSION_{value}")))
}

/// A value of an enum by the name that it has in GraphQL.
fn named<T: Into<i32> + Copy>(name: &str, value: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, Refusal> {
    let found = find(value).filter(|found| (*found).into() != 0);
    found.ok_or_else(|| bad(format!("{name} has a value that does not exist")))
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, Refusal> {
    value.parse().map_err(|_| bad(format!("{name} must be a whole number")))
}

fn instant(name: &str, value: &str) -> Result<Timestamp, Refusal> {
    let at = OffsetDateTime::parse(value, &Rfc3339);
    at.map(timestamp).map_err(|_| bad(format!("{name} must be an instant such as 2026-11-21T12:00:00Z")))
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadRequest, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read() {
        let params = Params::parse(
            "workspace=7&link=8&from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00%2B01:00&timeZone=Europe/Berlin&step=DAY\
             &dimension=COUNTRY&dimension=UTM_SOURCE&top=5&filter=DEVICE:mobile&filter=DEVICE:tablet&filter=REFERRER:",
        )
        .unwrap();
        assert_eq!(params.scope_in(7), AnalyticsScope { workspace_id: 7, of: Some(Of::LinkId(8)) });
        assert_eq!(params.workspace, Some(7));
        assert_eq!(params.until.unwrap().seconds - params.from.unwrap().seconds, 23 * 3600);
        assert_eq!((params.time_zone.as_str(), params.step, params.top), ("Europe/Berlin", Some(Step::Day), Some(5)));
        assert_eq!(params.dimensions, [Dimension::Country, Dimension::UtmSource]);
        let filter = |dimension: Dimension, values: &[&str]| DimensionFilter {
            dimension: dimension.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        assert_eq!(
            params.filters,
            [filter(Dimension::Device, &["mobile", "tablet"]), filter(Dimension::Referrer, &[""])]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "form=2026-11-01T00:00:00Z",
            "from=yesterday",
            "link=1&tag=a",
            "link=x",
            "top=-1",
            "top=1&top=2",
            "step=UNSPECIFIED",
            "step=day",
            "dimension=",
            "filter=COUNTRY",
            "filter=PLANET:DE",
        ] {
            assert_eq!(Params::parse(query).unwrap_err().code, Code::BadRequest, "{query}");
        }
        assert_eq!(Params::parse("").unwrap(), Params::default());
    }
}
