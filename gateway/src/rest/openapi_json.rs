//! `GET /v1/openapi.json`.

use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

use super::endpoint::{Answer, Call, Endpoint, Input, NoParams};
use super::json::MEDIA_TYPE;
use super::openapi::{Schemas, Success};
use super::operation::Operation;
use super::problem::Problem;

/// Describes this API.
pub struct GetOpenApi;

/// The document as JSON.
pub struct Document(Bytes);

impl Answer for Document {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.0));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        response
    }

    fn describe(_: &mut Schemas) -> Vec<Success> {
        vec![Success::bytes(StatusCode::OK, "An OpenAPI 3.1 document.", &[MEDIA_TYPE])]
    }
}

impl Endpoint for GetOpenApi {
    const OPERATION: Operation = Operation {
        id: "getOpenApi",
        method: Method::GET,
        path: curtail_routes::gateway::OPENAPI,
        tag: "description",
        summary: "Describes this API.",
        about: "",
        cost: 1,
        public: true,
    };
    type Path = NoParams;
    type Query = NoParams;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Document;

    async fn call(_: &Call, _: Input<Self>) -> Result<Document, Problem> {
        static JSON: OnceLock<Bytes> = OnceLock::new();
        let json = JSON.get_or_init(|| super::document().to_json().unwrap_or_default().into());
        Ok(Document(json.clone()))
    }
}
