//! Which form of a page the client wants (RFC 9110, 12.5.1).

use curtail_edge::{MediaRange, media_ranges};
use http::HeaderMap;

/// The forms of a page, the preferred one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// For browsers, and for clients that take anything.
    Html,
    /// `application/problem+json` (RFC 9457).
    Json,
    /// For terminals.
    Text,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Html, Self::Json, Self::Text];

    /// The `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/problem+json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    /// How exactly a media range names this form: 0 not at all, 1 `*/*`, 2 its kind, 3 itself.
    fn fit(self, range: &str) -> u8 {
        let (kind, names): (&str, &[&str]) = match self {
            Self::Html => ("text/*", &["text/html", "application/xhtml+xml"]),
            Self::Json => ("application/*", &["application/json", "application/problem+json"]),
            Self::Text => ("text/*", &["text/plain"]),
        };
        match range {
            _ if names.iter().any(|name| range.eq_ignore_ascii_case(name)) => 3,
            _ if range.eq_ignore_ascii_case(kind) => 2,
            "*/*" => 1,
            _ => 0,
        }
    }
}

/// The form with the highest weight. Nothing fits: HTML all the same, since an explanation in the wrong form is better than
/// a 406 that hides the real status.
pub fn negotiate(headers: &HeaderMap) -> Form {
    let ranges: Vec<MediaRange<'_>> = media_ranges(headers).collect();
    let weight = |form: Form| {
        let fits = ranges.iter().map(|each| (form.fit(each.range), each.weight)).filter(|(fit, _)| *fit > 0);
        fits.max_by_key(|(fit, _)| *fit).map_or(0, |(_, q)| q)
    };
    // The first of equals wins, and max_by_key would give the last.
    Form::ALL.into_iter().rev().max_by_key(|form| weight(*form)).unwrap_or(Form::Html)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[test]
    fn the_heaviest_form_wins_and_html_among_equals() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Html),
            ("*/*", Form::Html),
            ("application/json", Form::Json),
            ("application/problem+json, text/html;q=0.5", Form::Json),
            ("text/plain", Form::Text),
            ("text/html;q=0, */*", Form::Json),
            ("text/*;q=0.9, application/json;q=0.8", Form::Html),
            ("image/png", Form::Html),
            ("", Form::Html),
            (";;;,,q=,text/plain;q=abc", Form::Html),
            ("text/plain;q=NaN", Form::Html),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(negotiate(&headers), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Form::Html);
    }
}
