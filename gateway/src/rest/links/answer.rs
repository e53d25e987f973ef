//! A link as an answer, with its version in `ETag`.

use axum::response::Response;
use curtail_proto::links::v1 as pb;
use http::{HeaderValue, StatusCode, header};

use crate::rest::endpoint::Answer;
use crate::rest::etag::{self, IfNoneMatch};
use crate::rest::json;
use crate::rest::openapi::{Schemas, Success};
use crate::schema::link::Link;

const ETAG: &str =
    "The version and a digest of the answer, such as `\"7-3f1c09aa5b2d4e60\"`; for `If-Match` and `If-None-Match`.";

/// A link as it is now.
pub struct Current {
    link: Link,
    known: IfNoneMatch,
}

impl Current {
    /// For a client that may have it already.
    pub fn unless_known(link: pb::Link, known: IfNoneMatch) -> Self {
        Self { link: link.into(), known }
    }
}

impl From<pb::Link> for Current {
    fn from(link: pb::Link) -> Self {
        Self::unless_known(link, IfNoneMatch::default())
    }
}

impl Answer for Current {
    fn into_response(self) -> Response {
        let mut response = tagged(&self.link, StatusCode::OK);
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        if tag.is_some_and(|tag| self.known.has(tag)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
            *response.body_mut() = axum::body::Body::empty();
        }
        response
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        vec![Success::json::<Link>(StatusCode::OK, "The link as it is now.", schemas).header("ETag", ETAG)]
    }
}

/// What the client has is still right: the second answer of a conditional read.
pub struct MaybeKnown(pub Current);

impl Answer for MaybeKnown {
    fn into_response(self) -> Response {
        self.0.into_response()
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        let known =
            Success::empty(StatusCode::NOT_MODIFIED, "`If-None-Match` names what it still is.").header("ETag", ETAG);
        let mut all = Current::describe(schemas);
        all.push(known);
        all
    }
}

/// A link that was made, or found instead.
pub struct LinkCreation {
    /// The link.
    pub link: Link,
    /// Whether it was there before and only looked for.
    pub found: bool,
}

impl Answer for LinkCreation {
    fn into_response(self) -> Response {
        let mut response = tagged(&self.link, if self.found { StatusCode::OK } else { StatusCode::CREATED });
        let location = curtail_routes::gateway::LINK.replace("{id}", &self.link.id);
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        let made = Success::json::<Link>(
            StatusCode::CREATED,
            "The link was made, now or by the first request with the key.",
            schemas,
        );
        let found = Success::json::<Link>(StatusCode::OK, "`findExisting` found this link.", schemas);
        [made, found].map(|success| success.header("ETag", ETAG).header("Location", "Where the link is.")).into()
    }
}

fn tagged(link: &Link, status: StatusCode) -> Response {
    let body = json::bytes(link);
    let tag = etag::of_version(link.version, &body);
    let mut response = json::response(status, body);
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag::header_value(&tag));
    // Clients may keep it, and ask each time whether it is still right.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
