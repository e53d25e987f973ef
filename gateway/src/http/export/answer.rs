//! Files and problems.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use prost_types::Timestamp;
use proto::instant;
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::error::{Code, Refusal};
use crate::http::accept::MediaType;
use crate::http::answer::describe;
use crate::http::status;

/// Where raw clicks begin, when the range begins before that.
const DETAILS_FROM: HeaderName = HeaderName::from_static("curtail-details-from");

/// A file for the browser to keep.
pub(super) fn file(name: &'static str, body: Body, details_from: Option<Timestamp>) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    let from = details_from.map(text).and_then(|from| HeaderValue::try_from(from).ok());
    if let Some(from) = from {
        headers.insert(DETAILS_FROM, from);
    }
    response
}

/// Why there is no file: RFC 9457 with the codes of GraphQL.
pub(super) fn refused(refusal: &Refusal, request_id: &str) -> Response {
    // Outside of GraphQL every refusal has its own status.
    let status = match refusal.code {
        Code::Invalid => StatusCode::BAD_REQUEST,
        code => status::of_refusal(code, MediaType::GraphqlResponse),
    };
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": refusal.message,
        "code": refusal.code.as_str(),
        "requestId": request_id,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let media = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    describe(&mut response, refusal, "GET");
    response
}

/// An instant in RFC 3339, in UTC.
pub(super) fn text(at: Timestamp) -> String {
    instant(Some(at)).and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
