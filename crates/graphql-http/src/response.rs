//! Writes responses.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::accept::MediaType;
use crate::error::{Code, RequestError};

/// Writes `body` as JSON.
pub fn json_response(body: &impl Serialize, status: StatusCode, media: MediaType) -> Response {
    // Only a map with keys that are not strings cannot be written.
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, b"{}".to_vec()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, media.header());
    response
}

impl Code {
    /// The status of a request that is refused with this code.
    ///
    /// It follows the audits of the npm package `graphql-http`: a well-formed GraphQL request that cannot be executed is 400 under
    /// `application/graphql-response+json`, and 200 under `application/json`. What is not a GraphQL request has one status under both.
    pub fn status(self, media: MediaType) -> StatusCode {
        match (self, media) {
            (Self::MethodNotAllowed, _) => StatusCode::METHOD_NOT_ALLOWED,
            (Self::UnsupportedMediaType, _) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            (Self::NotAcceptable, _) => StatusCode::NOT_ACCEPTABLE,
            (Self::Subscriptions, _) => StatusCode::TOO_MANY_REQUESTS,
            (Self::BadRequest, _) | (_, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (_, MediaType::Json | MediaType::EventStream) => StatusCode::OK,
        }
    }
}

impl RequestError {
    /// Writes the error as the only one of a GraphQL response, with its code in `extensions.code`.
    pub fn to_response(&self, media: MediaType) -> Response {
        let mut extensions = json!({"code": self.code.as_str()});
        if let Some(limit) = self.limit {
            extensions["limit"] = limit.into();
        }
        let body = json!({"errors": [{"message": self.message, "extensions": extensions}]});
        let mut response = json_response(&body, self.code.status(media), media);
        if self.code == Code::MethodNotAllowed {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
        }
        response
    }
}
