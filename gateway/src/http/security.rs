//! Headers that every answer carries, errors included.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::app::App;

/// For answers that are data: nothing may be loaded, run or framed.
const CSP_DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// What an answer depends on besides its address: caches must not mix callers or origins.
const VARY: &str = "Accept, Accept-Encoding, Authorization, Cookie, Origin, Sec-Fetch-Site";
/// Two years, as the preload list asks for.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Adds the headers. A handler that sets its own policy or caching (the files of pages) keeps it.
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, CSP_DATA);
    default(header::CACHE_CONTROL, "no-store");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "no-referrer");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if app.strict_transport() {
        default(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    // Beside what CORS says there.
    headers.append(header::VARY, HeaderValue::from_static(VARY));
    response
}
