//! From a request to a click.

use std::net::IpAddr;

use http::{HeaderMap, Method, header};
use proto::events::v1::Click;

use super::{VisitorHash, agent, campaign, fields, visitor};
use crate::links::Destination;

/// A request for a link, as far as a click is concerned.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The client, not a proxy of ours.
    pub address: IpAddr,
    /// Its method.
    pub method: &'a Method,
    /// Its query without the question mark.
    pub query: Option<&'a str>,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

impl Visit<'_> {
    /// Whether somebody clicked: HEAD requests, prefetches and preview fetchers are answered, but they are not clicks.
    pub fn is_click(&self) -> bool {
        self.method == Method::GET && !self.is_speculative() && !agent::is_previewer(self.user_agent())
    }

    /// Whether a click of this visitor uses up one of a limited number.
    pub fn is_human(&self) -> bool {
        !agent::is_bot(self.user_agent())
    }

    /// Prefetch and prerender, by `Sec-Purpose` (Fetch), `Purpose` (older Chromium, WebKit) and `X-Moz` (Firefox).
    fn is_speculative(&self) -> bool {
        ["sec-purpose", "purpose", "x-purpose", "x-moz"].into_iter().any(|name| {
            self.headers.get(name).is_some_and(|value| {
                let value = value.as_bytes();
                [&b"prefetch"[..], b"prerender", b"preview"]
                    .into_iter()
                    .any(|purpose| value.len() >= purpose.len() && value[..purpose.len()].eq_ignore_ascii_case(purpose))
            })
        })
    }

    fn user_agent(&self) -> &[u8] {
        self.headers.get(header::USER_AGENT).map_or(&[], |value| value.as_bytes())
    }

    /// Whether the query has `qr=1`, which our QR codes add.
    fn is_scan(&self) -> bool {
        self.query.is_some_and(|query| query.split('&').any(|pair| pair == "qr=1"))
    }
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

    /// The click of a visit that was sent to `destination`.
    pub fn click(&self, visit: &Visit<'_>, destination: &Destination) -> Click {
        let headers = visit.headers;
        let utm = match visit.query {
            None => String::new(),
            Some(query) => campaign(query),
        };
        Click {
            at_ms: visit.at_ms,
            link_id: destination.link_id,
            workspace_id: destination.workspace_id,
            visitor: self.hash.visitor(visit.at_ms, visit.address, visit.user_agent()),
            network: visitor::network(visit.address),
            user_agent: fields::user_agent(headers.get(header::USER_AGENT)),
            referrer: fields::referrer(headers.get(header::REFERER)),
            language: fields::language(headers.get(header::ACCEPT_LANGUAGE)),
            utm: if utm.is_empty() { destination.utm.to_string() } else { utm },
            qr: visit.is_scan(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn visit<'a>(method: &'a Method, headers: &'a HeaderMap, query: Option<&'a str>) -> Visit<'a> {
        Visit { at_ms: 5, address: IpAddr::from([192, 0, 2, 7]), method, query, headers }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn heads_prefetches_and_previews_are_not_clicks() {
        let plain = headers(&[("user-agent", "Mozilla/5.0"), ("sec-purpose", "something-else"), ("purpose", "")]);
        assert!(visit(&Method::GET, &plain, None).is_click());
        assert!(!visit(&Method::HEAD, &plain, None).is_click());
        for pair in [
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "Prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
            ("user-agent", "WhatsApp/2.23"),
        ] {
            assert!(!visit(&Method::GET, &headers(&[pair]), None).is_click(), "{pair:?}");
        }
    }

    #[test]
    fn a_click_holds_what_is_documented_and_no_address() {
        let headers = headers(&[
            ("user-agent", "Mozilla/5.0"),
            ("referer", "https://news.example/private"),
            ("accept-language", "de,en"),
        ]);
        let destination = Destination { link_id: 1, workspace_id: 2, utm: "utm_source=link".into() };
        let capture = Capture::new(&[1; 32]);
        let click = capture.click(&visit(&Method::GET, &headers, Some("qr=1&a=b")), &destination);
        assert_eq!((click.at_ms, click.link_id, click.workspace_id, click.qr), (5, 1, 2, true));
        assert_eq!((click.referrer.as_str(), click.language.as_str()), ("news.example", "de"));
        assert_eq!((click.user_agent.as_str(), click.utm.as_str()), ("Mozilla/5.0", "utm_source=link"));
        assert_eq!(&click.network[..], [192, 0, 2]);
        let own = capture.click(&visit(&Method::GET, &headers, Some("utm_source=mail&qr=10")), &destination);
        assert_eq!((own.utm.as_str(), own.qr), ("utm_source=mail", false));
    }
}
