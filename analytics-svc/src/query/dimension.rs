//! The properties of a click that can be filtered and broken down by.

use curtail_proto::analytics::v1::Dimension;
use curtail_rpc::{Code, Error};

/// Every dimension with its column in `dimension_days` and `dimension_hours`.
pub const COLUMNS: [(Dimension, &str); 16] = [
    (Dimension::Country, "country"),
    (Dimension::Region, "region"),
    (Dimension::City, "city"),
    (Dimension::Device, "device"),
    (Dimension::Os, "os"),
    (Dimension::Browser, "browser"),
    (Dimension::Referrer, "referrer"),
    (Dimension::Channel, "channel"),
    (Dimension::UtmSource, "utm_source"),
    (Dimension::UtmMedium, "utm_medium"),
    (Dimension::UtmCampaign, "utm_campaign"),
    (Dimension::UtmTerm, "utm_term"),
    (Dimension::UtmContent, "utm_content"),
    (Dimension::Language, "language"),
    (Dimension::Trigger, "trigger"),
    (Dimension::Link, "link"),
];

/// The column of a dimension; `None` for a value that this version does not know.
pub fn column(dimension: Dimension) -> Option<&'static str> {
    COLUMNS.iter().find(|(known, _)| *known == dimension).map(|(_, column)| *column)
}

/// The SQL expression that gives the value of a dimension as text, empty when it is not known; `None` for a value that this
/// version does not know.
pub fn expression(dimension: Dimension) -> Option<&'static str> {
    Some(match dimension {
        Dimension::Unspecified => return None,
        Dimension::Country => "coalesce(country, '')",
        Dimension::Region => "coalesce(region, '')",
        Dimension::City => "coalesce(city, '')",
        Dimension::Device => "coalesce(device, '')",
        Dimension::Os => "coalesce(os, '')",
        Dimension::Browser => "coalesce(browser, '')",
        Dimension::Referrer => "coalesce(referrer, '')",
        Dimension::Channel => "channel",
        Dimension::UtmSource => "coalesce(utm_source, '')",
        Dimension::UtmMedium => "coalesce(utm_medium, '')",
        Dimension::UtmCampaign => "coalesce(utm_campaign, '')",
        Dimension::UtmTerm => "coalesce(utm_term, '')",
        Dimension::UtmContent => "coalesce(utm_content, '')",
        Dimension::Language => "coalesce(language, '')",
        Dimension::Trigger => "CASE WHEN qr THEN 'qr' ELSE 'click' END",
        Dimension::Link => "link_id::text",
    })
}

/// The dimension of a number on the wire.
///
/// # Errors
/// `INVALID` when it is none; `field` is to blame.
pub fn known(number: i32, field: &'static str) -> Result<Dimension, Error> {
    Dimension::try_from(number)
        .ok()
        .filter(|dimension| *dimension != Dimension::Unspecified)
        .ok_or_else(|| Error::new(Code::Invalid, "DIMENSION_UNKNOWN", "not a dimension").field(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_has_an_expression_and_a_column() {
        for number in 1..=16 {
            let dimension = known(number, "breakdowns").unwrap();
            assert!(expression(dimension).is_some() && column(dimension).is_some(), "{number}");
        }
        assert_eq!(known(0, "breakdowns").unwrap_err().reason, "DIMENSION_UNKNOWN");
        assert_eq!(known(17, "breakdowns").unwrap_err().reason, "DIMENSION_UNKNOWN");
    }
}
