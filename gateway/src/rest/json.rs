//! Bodies in JSON, both ways.

use axum::body::Body as HttpBody;
use axum::response::Response;
use curtail_graphql_http::is_json;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use utoipa::ToSchema;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{Content, Required};

use super::endpoint::{Answer, Body};
use super::fault::of_field;
use super::openapi::{Schemas, Success, reference};
use super::problem::Problem;
use crate::error::{Code, Refusal};
use crate::http::size::read_body;

/// The media type of bodies.
pub const MEDIA_TYPE: &str = "application/json";

/// A body in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + ToSchema> Body for Json<T> {
    async fn read(headers: &HeaderMap, body: HttpBody, limit: usize) -> Result<Self, Problem> {
        if !is_json(headers) {
            return Err(Refusal::new(Code::UnsupportedMediaType, "the body must be application/json in UTF-8").into());
        }
        if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            let message = "the body must be sent without Content-Encoding";
            return Err(Refusal::new(Code::UnsupportedMediaType, message).into());
        }
        parse(&read_body(headers, body, limit).await?).map(Self)
    }

    fn describe(schemas: &mut Schemas) -> Option<RequestBody> {
        let content = Content::new(Some(reference::<T>(schemas)));
        Some(RequestBodyBuilder::new().required(Some(Required::True)).content(MEDIA_TYPE, content).build())
    }
}

impl<T: Serialize + ToSchema> Answer for Json<T> {
    fn into_response(self) -> Response {
        response(StatusCode::OK, bytes(&self.0))
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        vec![Success::json::<T>(StatusCode::OK, "Done.", schemas)]
    }
}

#[derive(Debug)]
pub struct NoContent;

impl Answer for NoContent {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }

    fn describe(_: &mut Schemas) -> Vec<Success> {
        vec![Success::empty(StatusCode::NO_CONTENT, "Done.")]
    }
}

/// `value` as JSON.
pub fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Only maps with keys other than strings fail, and no type has one.
    serde_json::to_vec(value).unwrap_or_default()
}

/// An answer with a body of JSON.
pub fn response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(HttpBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let no_json = || Problem::new(Code::BadRequest, "the body is not valid JSON");
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    // A list would be read as the fields in their order.
    if text.trim_ascii_start().first().is_some_and(|byte| *byte != b'{')
        && serde_json::from_slice::<IgnoredAny>(text).is_ok()
    {
        return Err(Problem::new(Code::BadRequest, "the body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner().classify() {
        Category::Data => of_field(&error.path().to_string(), &error.inner().to_string()),
        Category::Io | Category::Syntax | Category::Eof => no_json(),
    })?;
    json.end().map_err(|_| no_json())?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Some {
        max_clicks: u32,
    }

    #[test]
    fn exactly_the_fields_of_the_type_are_taken() {
        assert_eq!(parse::<Some>(br#" {"maxClicks": 3} "#).unwrap(), Some { max_clicks: 3 });
        for (text, field) in [
            (r#"{"maxClicks":3,"role":"owner"}"#, "role"),
            (r#"{"maxClicks":3,"__proto__":{}}"#, "__proto__"),
            (r#"{"max_clicks":3}"#, "max_clicks"),
            (r#"{}"#, "maxClicks"),
            (r#"{"maxClicks":"3"}"#, "maxClicks"),
            (r#"{"maxClicks":-1}"#, "maxClicks"),
            (r#"{"maxClicks":3,"maxClicks":3}"#, "maxClicks"),
        ] {
            let problem = parse::<Some>(text.as_bytes()).unwrap_err();
            assert!(format!("{problem:?}").contains(&format!("field: Some(\"{field}\")")), "{text}: {problem:?}");
        }
        assert_eq!(parse::<Some>("\u{feff}{\"maxClicks\": 3}".as_bytes()).unwrap(), Some { max_clicks: 3 });
        for text in ["[]", "null", "[3]", " 7", "\"a\""] {
            let problem = format!("{:?}", parse::<Some>(text.as_bytes()).unwrap_err());
            assert!(problem.contains("the body must be a JSON object"), "{text}: {problem}");
        }
        for text in ["", "{", "{\"maxClicks\":3}x", "\u{0}", "{\"maxClicks\":NaN}"] {
            assert!(format!("{:?}", parse::<Some>(text.as_bytes()).unwrap_err()).contains("not valid JSON"), "{text}");
        }
    }
}
