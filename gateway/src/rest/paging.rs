//! Pages of lists, from one to the next.

use axum::response::Response;
use http::{HeaderValue, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};
use url::form_urlencoded::{Serializer, parse};
use utoipa::{IntoParams, ToSchema};

use super::endpoint::Answer;
use super::json;
use super::openapi::{Schemas, Success};
use crate::schema::page::DEFAULT_LIMIT;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Paging {
    /// How many items, 1-100; 20 without it.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `nextCursor` of the page before; good for the order and filters it came from.
    cursor: Option<String>,
}

impl Paging {
    /// How many items; the services check the bounds.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Where to go on; empty begins.
    pub fn into_cursor(self) -> String {
        self.cursor.unwrap_or_default()
    }
}

/// A list that may go on.
pub trait Listed: Serialize + ToSchema {
    /// Where it goes on, if it does.
    fn next_cursor(&self) -> Option<&str>;
}

/// A page of a list.
pub struct Page<T> {
    body: T,
    next: Option<String>,
}

impl<T: Listed> Page<T> {
    /// The answer to a request for `uri`.
    pub fn new(uri: &Uri, body: T) -> Self {
        let next = body.next_cursor().map(|cursor| address(uri, cursor));
        Self { body, next }
    }
}

impl<T: Listed> Answer for Page<T> {
    fn into_response(self) -> Response {
        let mut response = json::response(StatusCode::OK, json::bytes(&self.body));
        let link = self.next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok());
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }

    fn describe(schemas: &mut Schemas) -> Vec<Success> {
        let next = "The address of the next page, `rel=\"next\"` (RFC 8288); absent on the last one.";
        vec![Success::json::<T>(StatusCode::OK, "A page.", schemas).header("Link", next)]
    }
}

/// The same question from `cursor` on.
fn address(uri: &Uri, cursor: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(parse(uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != "cursor"));
    query.append_pair("cursor", cursor);
    format!("{}?{}", uri.path(), query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_question_with_another_cursor() {
        let next = |uri: &'static str| address(&Uri::from_static(uri), "a+b=");
        assert_eq!(next("/v1/links"), "/v1/links?cursor=a%2Bb%3D");
        assert_eq!(next("/v1/links?tag=a%20b&cursor=old&tag=c"), "/v1/links?tag=a+b&tag=c&cursor=a%2Bb%3D");
        // S03: nothing leaves the angle brackets or the line.
        assert_eq!(next("/v1/links?tag=%3E;%0d%0aX:y"), "/v1/links?tag=%3E%3B%0D%0AX%3Ay&cursor=a%2Bb%3D");
    }
}
