//! Passing the visitor's parameters on.

use http::HeaderValue;
use url::{Url, form_urlencoded};

/// The destination with the visitor's parameters: where both have a parameter of a name, the visitor's value wins; the
/// destination's others stay as they were written. `None` when nothing is to be passed on, or the result could not be sent.
pub fn forward(destination: &HeaderValue, query: &str) -> Option<HeaderValue> {
    // Our own mark of a scan is none of the destination's business.
    let visitors: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && *pair != curtail_routes::SCAN_MARK).collect();
    if visitors.is_empty() {
        return None;
    }
    let mut url = Url::parse(destination.to_str().ok()?).ok()?;
    let names: Vec<String> = visitors.iter().map(|pair| name(pair)).collect();
    let own =
        url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !names.contains(&name(pair)));
    let merged = own.chain(visitors.iter().copied()).collect::<Vec<_>>().join("&");
    url.set_query(Some(&merged));
    HeaderValue::from_str(url.as_str()).ok()
}

/// The decoded name of a `name=value` pair.
fn name(pair: &str) -> String {
    form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(destination: &'static str, query: &str) -> Option<String> {
        let value = forward(&HeaderValue::from_static(destination), query)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_visitors_value_wins_and_the_rest_stays_as_written() {
        let url = merged("https://a.example/p?x=1&flag&y=%20a#top", "x=2&z=3").unwrap();
        assert_eq!(url, "https://a.example/p?flag&y=%20a&x=2&z=3#top");
        assert_eq!(merged("https://a.example/?a%5B%5D=1", "a[]=2").unwrap(), "https://a.example/?a[]=2");
        assert_eq!(merged("https://a.example/", "x=1&x=2").unwrap(), "https://a.example/?x=1&x=2");
    }

    #[test]
    fn nothing_to_pass_on_changes_nothing() {
        for query in ["", "&", "qr=1", "&qr=1&"] {
            assert_eq!(merged("https://a.example/?x=1", query), None, "{query}");
        }
    }

    #[test]
    fn s03_nothing_a_visitor_writes_leaves_the_query() {
        for query in ["a=%0d%0aSet-Cookie:x", "a=\u{e9}", "a=b#c", "a= b", "?", "a=\"<>", "@evil.example/", "a=%00"] {
            if let Some(url) = merged("https://a.example/p", query) {
                assert!(url.starts_with("https://a.example/p?"), "{url}");
                assert!(url.bytes().all(|b| (0x21..0x7f).contains(&b)), "{url}");
            }
        }
    }
}
