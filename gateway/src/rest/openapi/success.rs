//! How operations succeed.

use http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::Content;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::schemas::{Schemas, answered};
use crate::rest::json::MEDIA_TYPE;

/// A way in which an operation succeeds.
pub struct Success {
    status: StatusCode,
    response: ResponseBuilder,
}

impl Success {
    /// With a body in JSON.
    pub fn json<T: ToSchema>(status: StatusCode, description: &str, schemas: &mut Schemas) -> Self {
        let content = Content::new(Some(answered::<T>(schemas)));
        let Self { status, response } = Self::empty(status, description);
        Self { status, response: response.content(MEDIA_TYPE, content) }
    }

    /// With bytes of some media types.
    pub fn bytes(status: StatusCode, description: &str, media_types: &[&str]) -> Self {
        let Self { status, mut response } = Self::empty(status, description);
        for media_type in media_types {
            // In OpenAPI 3.1 a body that is no text has no schema.
            response = response.content(*media_type, Content::default());
        }
        Self { status, response }
    }

    /// Without a body.
    pub fn empty(status: StatusCode, description: &str) -> Self {
        Self { status, response: ResponseBuilder::new().description(description) }
    }

    /// The status, and the response with what all of them carry.
    pub fn finish(self) -> (StatusCode, Response) {
        let response = self
            .response
            .header("RateLimit", text("What is left in the caller's bucket, `r` units, all back in `t` seconds."))
            .header("RateLimit-Policy", text("The bucket: `q` units in `w` seconds."))
            .header("X-Request-Id", text("Names the request."));
        (self.status, response.build())
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, description: &str) -> Self {
        Self { response: self.response.header(name, text(description)), ..self }
    }
}

/// A header with a text.
pub fn text(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}
