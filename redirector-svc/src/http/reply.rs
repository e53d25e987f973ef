//! Answers and their headers.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::pages::{Form, Page, Pages};

/// Bodies are short and at hand.
pub type Body = Full<Bytes>;

/// Nothing from elsewhere, no script, no frame.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
const NO_INDEX: HeaderValue = HeaderValue::from_static("noindex");
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A redirect that only this visitor may keep, for as long as `cache` says.
pub fn redirect(status: StatusCode, location: HeaderValue, cache: HeaderValue) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(ROBOTS_TAG, NO_INDEX);
    respond(status, headers, Bytes::new())
}

/// A page.
pub fn page(page: Page, form: Form, body: Bytes, retry_after: Option<Duration>) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(ROBOTS_TAG, NO_INDEX);
    if page == Page::MethodNotAllowed {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    if let Some(wait) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs_f64().ceil().max(1.0) as u64));
    }
    respond(page.status(), headers, body)
}

/// The bytes of the response to a request that hyper refuses before anyone sees it.
pub fn refusal(status: StatusCode, date: &str) -> Bytes {
    static PAGES: LazyLock<Pages> = LazyLock::new(Pages::new);
    let kind = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE | StatusCode::URI_TOO_LONG => Page::HeadersTooLarge,
        _ => Page::BadRequest,
    };
    let status = kind.status();
    metrics::counter!("redirector_responses_total", "status" => status.as_u16().to_string()).increment(1);
    let body = PAGES.body(kind, Form::Text, "");
    let response = page(kind, Form::Text, body.clone(), None);
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    if !date.is_empty() {
        bytes.extend(format!("date: {date}\r\n").into_bytes());
    }
    bytes.extend(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes.into()
}

/// A file of ours.
pub fn file(content_type: &'static str, body: &'static str) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    respond(StatusCode::OK, headers, Bytes::from_static(body.as_bytes()))
}

fn respond(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// `Cache-Control` of redirects by their permanence.
#[derive(Clone, Debug)]
pub struct CachePolicy {
    permanent: HeaderValue,
}

impl CachePolicy {
    /// Permanent redirects are kept for `max_age_seconds`, so that a link can still be changed.
    pub fn new(max_age_seconds: u64) -> Self {
        let permanent = HeaderValue::from_str(&format!("private, max-age={max_age_seconds}"));
        Self { permanent: permanent.expect("a number is visible ASCII") }
    }

    /// For a redirect with `status`.
    pub fn of(&self, status: StatusCode) -> HeaderValue {
        match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => self.permanent.clone(),
            _ => NO_STORE,
        }
    }
}
