//! Which origin a browser says that a request comes from: the rules against forged requests (CSRF).
//!
//! A browser sends cookies with a request whichever page makes it. They only count when the request proves that a page of ours
//! made it. A page of another origin is refused even without cookies, or it could sign its visitor in to another account.

use http::{HeaderMap, HeaderName, header};
use url::{Origin, Url};

/// Headers that a page can only send to another origin after a preflight, which we never allow.
const PREFLIGHT_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-curtail-csrf"), HeaderName::from_static("graphql-preflight")];

/// Whose page made the browser send the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOrigin {
    /// One of our pages, or the user by hand: cookies count.
    Ours,
    /// Nothing says that it was a browser: cookies do not count.
    Unknown,
    /// A page of another origin.
    Foreign,
}

/// The origins whose pages may act for their user.
#[derive(Debug, Clone)]
pub struct AllowedOrigins(Vec<Origin>);

impl AllowedOrigins {
    /// The app's own origin and those the configuration adds; texts that are no URL allow nothing.
    pub fn new<'a>(app_url: &'a str, additional: impl IntoIterator<Item = &'a String>) -> Self {
        let texts = std::iter::once(app_url).chain(additional.into_iter().map(String::as_str));
        let origins = texts.filter_map(|text| Url::parse(text).ok()).map(|url| url.origin());
        Self(origins.filter(Origin::is_tuple).collect())
    }

    fn contains(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|url| self.0.contains(&url.origin()))
    }

    /// Classifies a request by `Sec-Fetch-Site`, which pages cannot set, then by `Origin`, then by a header that needs a preflight.
    /// If the first two contradict each other, the request is foreign.
    pub fn classify(&self, headers: &HeaderMap) -> RequestOrigin {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
        let site = text(HeaderName::from_static("sec-fetch-site"));
        match (site, text(header::ORIGIN)) {
            (Some("same-origin" | "none"), Some(origin)) if !self.contains(origin) => RequestOrigin::Foreign,
            (Some("same-origin" | "none"), _) => RequestOrigin::Ours,
            (Some(_), Some(origin)) if is_host(origin, headers) => RequestOrigin::Foreign,
            (_, Some(origin)) if self.contains(origin) => RequestOrigin::Ours,
            (None, None) if PREFLIGHT_HEADERS.iter().any(|name| headers.contains_key(name)) => RequestOrigin::Ours,
            (None, None) => RequestOrigin::Unknown,
            _ => RequestOrigin::Foreign,
        }
    }
}

/// Returns `true` if `origin` is the host that the request was sent to: a browser calls that request `same-origin`.
fn is_host(origin: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    Url::parse(origin)
        .is_ok_and(|url| url[url::Position::BeforeHost..url::Position::AfterPort].eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s20_only_our_pages_are_ours() {
        use RequestOrigin::{Foreign, Ours, Unknown};
        let allowed = AllowedOrigins::new("https://app.example/x", &["https://admin.example:8443".to_owned()]);
        for (headers, expected) in [
            (vec![], Unknown),
            (vec![("sec-fetch-site", "same-origin")], Ours),
            (vec![("sec-fetch-site", "none")], Ours),
            (vec![("sec-fetch-site", "same-site")], Foreign),
            (vec![("sec-fetch-site", "cross-site")], Foreign),
            (vec![("sec-fetch-site", "cross-site"), ("x-curtail-csrf", "1")], Foreign),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://admin.example:8443")], Ours),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://app.example")], Ours),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], Foreign),
            (vec![("sec-fetch-site", "none"), ("origin", "null")], Foreign),
            (
                vec![("sec-fetch-site", "cross-site"), ("origin", "https://app.example"), ("host", "app.example")],
                Foreign,
            ),
            (vec![("sec-fetch-site", "same-site"), ("origin", "https://app.example"), ("host", "api.example")], Ours),
            (vec![("origin", "https://app.example"), ("host", "app.example")], Ours),
            (vec![("origin", "https://app.example")], Ours),
            (vec![("origin", "https://app.example:443")], Ours),
            (vec![("origin", "http://app.example")], Foreign),
            (vec![("origin", "https://app.example.evil")], Foreign),
            (vec![("origin", "https://admin.example")], Foreign),
            (vec![("origin", "null")], Foreign),
            (vec![("origin", "")], Foreign),
            (vec![("origin", "null"), ("graphql-preflight", "1")], Foreign),
            (vec![("x-curtail-csrf", "1")], Ours),
            (vec![("graphql-preflight", "1")], Ours),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            assert_eq!(allowed.classify(&map), expected, "{headers:?}");
        }
        assert_eq!(
            AllowedOrigins::new("data:,x", &[])
                .classify(&HeaderMap::from_iter([(header::ORIGIN, "null".parse().unwrap())])),
            Foreign
        );
    }
}
