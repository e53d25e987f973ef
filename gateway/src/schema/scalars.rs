//! Scalars that GraphQL does not have, and the translation of identifiers and instants.

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use serde::Serialize;
use utoipa::ToSchema;

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
    fn foreign_identifiers_name_nothing() {
        assert_eq!(parse_id("12"), 12);
        assert_eq!(parse_id("12' or 1=1"), 0);
    }
}
