//! Reads URLs that people enter, in the one way in which all of Curtail reads them: by the WHATWG parser of the `url` crate,
//! without what that would drop or mend in silence.

use std::cell::Cell;

use url::{SyntaxViolation, Url};

/// Why a text is no URL that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing was entered.
    #[error("empty")]
    Missing,
    /// Entered or serialised it is longer than the bound.
    #[error("too long")]
    TooLong,
    /// It holds a control character, a tab or a line break, which parsers drop silently.
    #[error("holds a control character")]
    ControlCharacter,
    /// The parser gives up on it.
    #[error("not an absolute URL")]
    Malformed,
    /// Its scheme is not among those that are taken.
    #[error("another scheme")]
    Scheme,
    /// It holds a user name or a password, be they empty.
    #[error("holds a user name or password")]
    Credentials,
}

/// The URL in a text of at most `max_bytes`, also when it is serialised, with one of `schemes`. Spaces around it do not count.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(input: &str, max_bytes: usize, schemes: &[&str]) -> Result<Url, Refusal> {
    if input.len() > max_bytes {
        return Err(Refusal::TooLong);
    }
    let input = input.trim_matches(' ');
    if input.is_empty() {
        return Err(Refusal::Missing);
    }
    if input.chars().any(char::is_control) {
        return Err(Refusal::ControlCharacter);
    }
    // The parser forgets an empty user name (`https://@host`); only the violation tells.
    let credentials = Cell::new(false);
    let note = |violation| {
        if matches!(violation, SyntaxViolation::EmbeddedCredentials | SyntaxViolation::UnencodedAtSign) {
            credentials.set(true);
        }
    };
    let url = Url::options().syntax_violation_callback(Some(&note)).parse(input).map_err(|_| Refusal::Malformed)?;
    if !schemes.contains(&url.scheme()) {
        return Err(Refusal::Scheme);
    }
    if credentials.get() || !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    if url.as_str().len() > max_bytes {
        return Err(Refusal::TooLong);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s01_s03_what_a_parser_would_mend_in_silence_is_refused() {
        let refusal = |input: &str| parse(input, 30, &["https"]).unwrap_err();
        for (input, expected) in [
            ("  ", Refusal::Missing),
            ("https://example.org/\t", Refusal::ControlCharacter),
            ("https://exa\nmple.org/", Refusal::ControlCharacter),
            ("example.org", Refusal::Malformed),
            ("http://example.org/", Refusal::Scheme),
            ("javascript:alert(1)", Refusal::Scheme),
            ("https://@example.org/", Refusal::Credentials),
            ("https://a:b@example.org/", Refusal::Credentials),
        ] {
            assert_eq!(refusal(input), expected, "{input:?}");
        }
    }

    #[test]
    fn the_bound_holds_before_and_after_serialising() {
        let (fits, over) = ("https://example.org/123456789a", "https://example.org/123456789ab");
        assert_eq!(parse(fits, 30, &["https"]).unwrap().as_str(), fits);
        assert_eq!(parse(over, 30, &["https"]).unwrap_err(), Refusal::TooLong);
        assert_eq!(parse("https://example.org/ä56789", 30, &["https"]).unwrap_err(), Refusal::TooLong);
    }
}
