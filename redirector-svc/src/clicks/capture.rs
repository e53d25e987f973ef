//! From a request to a click.

use std::net::IpAddr;

use bytes::Bytes;
use curtail_proto::events::v1::Click;
use http::request::Parts;
use http::{HeaderValue, Method};

use super::{VisitorHash, fields, visitor};
use crate::links::{Destination, campaign};

/// A request for a link, as far as a click is concerned.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The client, not a proxy of ours.
    pub address: IpAddr,
    /// Its query without the question mark.
    pub query: Option<&'a str>,
    method: &'a Method,
    user_agent: Option<&'a HeaderValue>,
    referrer: Option<&'a HeaderValue>,
    language: Option<&'a HeaderValue>,
    /// No one looks at the response yet.
    speculative: bool,
    /// The visitor asks not to be tracked.
    private: bool,
}

impl<'a> Visit<'a> {
    /// Of a request by `address` at this time. One pass over the headers is cheaper than a look-up for each.
    pub fn new(parts: &'a Parts, address: IpAddr, at_ms: i64) -> Self {
        let mut visit = Self {
            at_ms,
            address,
            query: parts.uri.query(),
            method: &parts.method,
            user_agent: None,
            referrer: None,
            language: None,
            speculative: false,
            private: false,
        };
        for (name, value) in &parts.headers {
            match name.as_str() {
                "user-agent" => visit.user_agent = Some(value),
                "referer" => visit.referrer = Some(value),
                "accept-language" => visit.language = Some(value),
                // Do Not Track; Global Privacy Control (<https://w3c.github.io/gpc/>).
                "dnt" | "sec-gpc" => visit.private |= value == "1",
                // Fetch; older Chromium and WebKit; Firefox.
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => visit.speculative |= is_speculation(value),
                _ => {}
            }
        }
        visit
    }

    /// Returns `true` for a click. HEAD requests, prefetches and preview fetchers are answered, but they are not clicks.
    pub fn is_click(&self) -> bool {
        matches!(*self.method, Method::GET | Method::POST)
            && !self.speculative
            && !curtail_user_agent::is_preview(self.agent())
    }

    /// Whether a click of this visitor uses up one of a limited number.
    pub fn is_human(&self) -> bool {
        !curtail_user_agent::is_automated(self.agent())
    }

    fn agent(&self) -> &'a [u8] {
        self.user_agent.map_or(&[], |value| value.as_bytes())
    }

    /// Whether the query has `qr=1`, which our QR codes add.
    fn is_scan(&self) -> bool {
        self.query.is_some_and(|query| query.split('&').any(|pair| pair == curtail_routes::SCAN_MARK))
    }
}

/// Whether this is the purpose of a prefetch, a prerender or a preview.
fn is_speculation(purpose: &HeaderValue) -> bool {
    let purpose = purpose.as_bytes();
    let begins = |word: &[u8]| purpose.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"prefetch") || begins(b"prerender") || begins(b"preview")
}

/// Makes clicks.
pub struct Capture {
    hash: VisitorHash,
}

impl Capture {
    /// With `redirector.visitor_key`.
    pub fn new(visitor_key: &[u8; 32]) -> Self {
        Self { hash: VisitorHash::new(visitor_key) }
    }

    /// The click of a visit that was sent to `destination`. For a visitor who asks not to be tracked, it has neither a hash nor
    /// a network nor a language in it.
    pub fn click(&self, visit: &Visit<'_>, destination: &Destination) -> Click {
        let utm = match visit.query {
            None => String::new(),
            Some(query) => campaign(query),
        };
        Click {
            at_ms: visit.at_ms,
            link_id: destination.link_id,
            workspace_id: destination.workspace_id,
            visitor: if visit.private { 0 } else { self.hash.visitor(visit.at_ms, visit.address, visit.agent()) },
            network: if visit.private { Bytes::new() } else { visitor::network(visit.address) },
            user_agent: fields::user_agent(visit.user_agent),
            referrer: fields::referrer(visit.referrer),
            language: if visit.private { String::new() } else { fields::language(visit.language) },
            utm: if utm.is_empty() { destination.utm.to_string() } else { utm },
            qr: visit.is_scan(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    fn parts(method: Method, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn is_click(method: Method, headers: &[(&str, &str)]) -> bool {
        Visit::new(&parts(method, "/a", headers), ADDRESS, 5).is_click()
    }

    #[test]
    fn heads_prefetches_and_previews_are_not_clicks() {
        let plain = [("user-agent", "Mozilla/5.0"), ("sec-purpose", "something-else"), ("purpose", "")];
        assert!(is_click(Method::GET, &plain));
        assert!(!is_click(Method::HEAD, &plain));
        for header in [
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "Prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
            ("user-agent", "WhatsApp/2.23"),
        ] {
            assert!(!is_click(Method::GET, &[header]), "{header:?}");
        }
    }

    #[test]
    fn a_click_holds_what_is_documented_and_no_address() {
        let headers =
            [("user-agent", "Mozilla/5.0"), ("referer", "https://news.example/private"), ("accept-language", "de,en")];
        let destination = Destination { link_id: 1, workspace_id: 2, utm: "utm_source=link".into() };
        let capture = Capture::new(&[1; 32]);
        let click = |uri| capture.click(&Visit::new(&parts(Method::GET, uri, &headers), ADDRESS, 5), &destination);
        let plain = click("/a?qr=1&a=b");
        assert_eq!((plain.at_ms, plain.link_id, plain.workspace_id, plain.qr), (5, 1, 2, true));
        assert_eq!((plain.referrer.as_str(), plain.language.as_str()), ("news.example", "de"));
        assert_eq!((plain.user_agent.as_str(), plain.utm.as_str()), ("Mozilla/5.0", "utm_source=link"));
        assert_eq!(&plain.network[..], [192, 0, 2]);
        let own = click("/a?utm_source=mail&qr=10");
        assert_eq!((own.utm.as_str(), own.qr), ("utm_source=mail", false));
    }
    #[test]
    fn s40_who_asks_not_to_be_tracked_is_counted_and_not_told_apart() {
        let destination = Destination { link_id: 1, workspace_id: 2, utm: "".into() };
        let capture = Capture::new(&[1; 32]);
        let click = |asks: (&str, &str)| {
            let headers = [("user-agent", "Mozilla/5.0"), ("accept-language", "de"), asks];
            capture.click(&Visit::new(&parts(Method::GET, "/a", &headers), ADDRESS, 5), &destination)
        };
        for asks in [("dnt", "1"), ("sec-gpc", "1")] {
            let private = click(asks);
            assert_eq!((private.visitor, private.network.len(), private.language.as_str()), (0, 0, ""), "{asks:?}");
            assert_eq!((private.link_id, private.user_agent.as_str()), (1, "Mozilla/5.0"));
        }
        for tracked in [("dnt", "0"), ("sec-gpc", "0"), ("dnt", "")] {
            let click = click(tracked);
            assert!(click.visitor != 0 && click.network.len() == 3 && click.language == "de", "{tracked:?}");
        }
    }
}
