//! Which form of a page the client wants (RFC 9110, 12.5.1).

use http::{HeaderMap, header};

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
    let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<(&str, u16)> = accept.iter().flat_map(|list| list.split(',')).take(64).map(range).collect();
    let weight = |form: Form| {
        let fits = ranges.iter().map(|(range, q)| (form.fit(range), *q)).filter(|(fit, _)| *fit > 0);
        fits.max_by_key(|(fit, _)| *fit).map_or(0, |(_, q)| q)
    };
    // The first of equals wins, and max_by_key would give the last.
    Form::ALL.into_iter().rev().max_by_key(|form| weight(*form)).unwrap_or(Form::Html)
}

/// A media range and its weight in thousandths.
fn range(text: &str) -> (&str, u16) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default();
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = q.map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0)).clamp(0.0, 1.0);
    (range, (weight * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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
