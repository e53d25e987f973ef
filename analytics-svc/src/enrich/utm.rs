//! The campaign of a click.

use std::borrow::Cow;

use super::text::clean;

/// The longest form-encoded campaign that is read, in bytes.
const MAX_ENCODED: usize = 4096;

/// The five `utm_*` parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Campaign {
    /// `utm_source`.
    pub source: Option<Box<str>>,
    /// `utm_medium`.
    pub medium: Option<Box<str>>,
    /// `utm_campaign`.
    pub campaign: Option<Box<str>>,
    /// `utm_term`.
    pub term: Option<Box<str>>,
    /// `utm_content`.
    pub content: Option<Box<str>>,
}

impl Campaign {
    /// Reads form-encoded parameters. Of a name that is there twice the first counts; other names are passed over.
    pub fn parse(encoded: &str) -> Self {
        let mut campaign = Self::default();
        let encoded = super::text::cut(encoded, MAX_ENCODED);
        for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
            let field = match &*name {
                "utm_source" => &mut campaign.source,
                "utm_medium" => &mut campaign.medium,
                "utm_campaign" => &mut campaign.campaign,
                "utm_term" => &mut campaign.term,
                "utm_content" => &mut campaign.content,
                _ => continue,
            };
            if field.is_none() {
                *field = clean(&value).map(Cow::into_owned).map(String::into_boxed_str);
            }
        }
        campaign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_cleaned() {
        let campaign =
            Campaign::parse("utm_source=news%20letter&utm_medium=e+mail&utm_source=second&gclid=1&utm_term=%00");
        assert_eq!(campaign.source.as_deref(), Some("news letter"));
        assert_eq!(campaign.medium.as_deref(), Some("e mail"));
        assert_eq!((campaign.campaign, campaign.term, campaign.content), (None, None, None));
    }

    #[test]
    fn bytes_that_are_no_text_are_no_error() {
        assert_eq!(Campaign::parse("utm_source=%ff%fe").source.as_deref(), Some("\u{fffd}\u{fffd}"));
        assert_eq!(Campaign::parse(&format!("utm_term={}", "%".repeat(100_000))).term.map(|t| t.len()), Some(256));
    }
}
