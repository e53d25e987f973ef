//! Refusals outside of the APIs themselves, each in the form of the API that was asked.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use curtail_graphql_http::{MediaType, negotiate};
use futures_util::FutureExt as _;
use http::{Uri, header};

use crate::error::Refusal;
use crate::http::request_log::RequestRecord;
use crate::http::response;
use crate::rest::{self, Problem};

/// What decides the form of a refusal.
struct Form {
    uri: Uri,
    media: MediaType,
    record: Option<Arc<RequestRecord>>,
}

impl From<&Request> for Form {
    fn from(request: &Request) -> Self {
        Self {
            uri: request.uri().clone(),
            media: negotiate(request.headers()).unwrap_or(MediaType::Json),
            record: request.extensions().get::<Arc<RequestRecord>>().cloned(),
        }
    }
}

impl Form {
    /// Writes the refusal as the API does that the path belongs to, in the media type that the request asks for.
    fn write(&self, refusal: Refusal) -> Response {
        let id = self.record.as_ref().map_or("", |record| record.id.as_str());
        if rest::is_asked(self.uri.path()) {
            return Problem::from(refusal).answer(id, self.uri.path());
        }
        response::refused(&refusal, self.media, id)
    }
}

/// Renders a [`Refusal`] that travels as an extension of the response. A panic is a fault like any other: the client learns
/// nothing, the log has the text from the panic hook.
///
/// - `gateway_panics_total`
pub(super) async fn render(request: Request, next: Next) -> Response {
    let form = Form::from(&request);
    // Nothing of the request is looked at again after a panic.
    let mut response = AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        metrics::counter!("gateway_panics_total").increment(1);
        Refusal::internal().into_response()
    });
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let mut rendered = form.write(refusal);
    // The router adds the methods that the path does take.
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    rendered
}
