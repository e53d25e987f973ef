//! A file for the browser to keep.

use axum::body::Body;
use axum::response::Response;
use curtail_proto::instant;
use http::{HeaderName, HeaderValue, StatusCode, header};
use prost_types::Timestamp;
use time::format_description::well_known::Rfc3339;

use crate::rest::endpoint::Answer;
use crate::rest::openapi::{Schemas, Success};

/// Where raw clicks begin, when the range begins before that.
const DETAILS_FROM: HeaderName = HeaderName::from_static("curtail-details-from");

/// A file of CSV.
pub struct File {
    name: &'static str,
    body: Body,
    details_from: Option<Timestamp>,
}

impl File {
    /// `name` is the whole of `Content-Disposition`.
    pub fn new(name: &'static str, body: Body, details_from: Option<Timestamp>) -> Self {
        Self { name, body, details_from }
    }
}

impl Answer for File {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(self.name));
        let from = self.details_from.map(text).and_then(|from| HeaderValue::try_from(from).ok());
        if let Some(from) = from {
            headers.insert(DETAILS_FROM, from);
        }
        response
    }

    fn describe(_: &mut Schemas) -> Vec<Success> {
        let file = Success::bytes(StatusCode::OK, "A table with a header line (RFC 4180).", &["text/csv"]);
        vec![file.header("Curtail-Details-From", "Where raw clicks begin, when the range begins before that.")]
    }
}

/// An instant in RFC 3339, in UTC.
pub(super) fn text(at: Timestamp) -> String {
    instant(Some(at)).and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
