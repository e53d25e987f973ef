//! Which clicks of a scope are asked for.

use curtail_proto::analytics::v1::{Dimension, DimensionFilter};
use curtail_rpc::{Code, Error};

use super::dimension;

/// The most filters of a question.
pub const MAX_FILTERS: usize = 8;

/// The most values of a filter.
pub const MAX_VALUES: usize = 20;

/// The longest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 256;

/// Keeps clicks whose dimension has one of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What is looked at.
    pub dimension: Dimension,
    /// Empty: not known.
    pub values: Vec<String>,
}

/// Checks the filters of a request.
///
/// # Errors
/// `INVALID` when there are too many, or one has no or too many values or too long ones.
pub fn check(filters: Vec<DimensionFilter>) -> Result<Vec<Filter>, Error> {
    let refuse = |reason, message: String| Err(Error::new(Code::Invalid, reason, message).field("filters"));
    if filters.len() > MAX_FILTERS {
        return refuse("TOO_MANY_FILTERS", format!("at most {MAX_FILTERS} filters"));
    }
    let mut checked = Vec::with_capacity(filters.len());
    for filter in filters {
        if filter.values.is_empty() || filter.values.len() > MAX_VALUES {
            return refuse("FILTER_VALUES", format!("a filter has 1 to {MAX_VALUES} values"));
        }
        // PostgreSQL has no text with NUL, and no click has such a value.
        if filter.values.iter().any(|value| value.len() > MAX_VALUE_BYTES || value.contains('\0')) {
            return refuse("FILTER_VALUE_INVALID", format!("a value has at most {MAX_VALUE_BYTES} bytes and no NUL"));
        }
        checked.push(Filter { dimension: dimension::known(filter.dimension, "filters")?, values: filter.values });
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(values: usize, bytes: usize) -> DimensionFilter {
        DimensionFilter { dimension: Dimension::Country.into(), values: vec!["x".repeat(bytes); values] }
    }

    fn reason(filters: Vec<DimensionFilter>) -> String {
        check(filters).unwrap_err().reason.into_owned()
    }

    #[test]
    fn bounds_hold_at_the_edge_and_fail_one_past() {
        assert!(check(vec![filter(MAX_VALUES, MAX_VALUE_BYTES); MAX_FILTERS]).is_ok());
        assert_eq!(reason(vec![filter(1, 1); MAX_FILTERS + 1]), "TOO_MANY_FILTERS");
        assert_eq!(reason(vec![filter(MAX_VALUES + 1, 1)]), "FILTER_VALUES");
        assert_eq!(reason(vec![filter(0, 1)]), "FILTER_VALUES");
        assert_eq!(reason(vec![filter(1, MAX_VALUE_BYTES + 1)]), "FILTER_VALUE_INVALID");
        assert_eq!(reason(vec![DimensionFilter { dimension: 1, values: vec!["a\0".into()] }]), "FILTER_VALUE_INVALID");
        assert_eq!(reason(vec![DimensionFilter { dimension: 99, values: vec![String::new()] }]), "DIMENSION_UNKNOWN");
    }
}
