//! Scalars that GraphQL does not have, and the translation of identifiers and instants.

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use curtail_graphql_http::CustomScalar;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

/// What an instant must be, to follow "must be".
pub(crate) const INSTANT_FORM: &str = "a time with its offset, for example 2027-01-01T09:00:00+01:00";

/// How values of the custom scalars look.
pub(super) const CUSTOM: &[CustomScalar] = &[
    CustomScalar {
        name: "DateTime",
        form: INSTANT_FORM,
        accepts: |value| match value {
            Value::String(text) => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
            _ => false,
        },
    },
    CustomScalar {
        name: "Long",
        form: "a whole number of at most 53 bits",
        accepts: |value| match value {
            Value::Number(number) => number.as_i64().is_some_and(|number| number.unsigned_abs() < 1 << 53),
            _ => false,
        },
    },
];

/// Arguments and input fields of type `Int` that take no negative number.
pub(super) const UNSIGNED: &[&str] =
    &["maxClicks", "redirectStatus", "rateLimitPerMinute", "windowSeconds", "top", "trendingLinks.first"];

/// A whole number of up to 53 bits, which is what a JSON number of JavaScript holds exactly. Counts outgrow `Int`.
#[derive(Serialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Long(pub i64);

#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(n) => n.as_i64().map(Long).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// Reads an instant of JSON or of a query string. Other values are refused in words for people.
///
/// # Errors
/// [`INSTANT_FORM`].
pub fn optional_instant<'de, D: Deserializer<'de>>(field: D) -> Result<Option<OffsetDateTime>, D::Error> {
    match Option::<serde_json::Value>::deserialize(field)? {
        None | Some(serde_json::Value::Null) => Some(None),
        Some(serde_json::Value::String(text)) => OffsetDateTime::parse(&text, &Rfc3339).ok().map(Some),
        Some(_) => None,
    }
    .ok_or_else(|| D::Error::custom(format_args!("must be {INSTANT_FORM}")))
}

/// The version that a change was made from, as the services have it: 0 stands for any. Versions begin at 1, so that a client's
/// 0 becomes one that no link has.
pub fn any_version(version: Option<i64>) -> i64 {
    version.map_or(0, |version| if version > 0 { version } else { -1 })
}

/// Writes a Snowflake as the opaque identifier that clients see.
pub fn id(value: i64) -> ID {
    ID(value.to_string())
}

/// Reads an identifier. What is not one of ours names nothing: 0, which no service ever gave away.
pub fn parse_id(id: &str) -> i64 {
    id.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_version_that_no_link_has() {
        assert_eq!([None, Some(7), Some(0), Some(-3)].map(any_version), [0, 7, -1, -1]);
    }

    #[test]
    fn foreign_identifiers_name_nothing() {
        assert_eq!(parse_id("12"), 12);
        assert_eq!(parse_id("12' or 1=1"), 0);
    }
}
