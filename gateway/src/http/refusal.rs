//! Refusals outside of the APIs themselves, each in the form of the API that was asked.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::Uri;

use super::accept::{self, MediaType};
use super::request_log::Seen;
use super::{answer, exchange};
use crate::error::Refusal;
use crate::rest::{self, Problem};

/// What a refusal needs to know of its request.
struct Asked {
    uri: Uri,
    media: MediaType,
    seen: Option<Arc<Seen>>,
}

impl Asked {
    fn by(request: &Request) -> Self {
        Self {
            uri: request.uri().clone(),
            media: accept::negotiate(request.headers()).unwrap_or(MediaType::Json),
            seen: request.extensions().get::<Arc<Seen>>().cloned(),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let id = self.seen.as_ref().map_or("", |seen| seen.id.as_str());
        if rest::is_asked(self.uri.path()) {
            return Problem::from(refusal.clone()).answer(id, self.uri.path());
        }
        answer::refused(refusal, self.media, id)
    }
}

/// Refuses as the API does that the path belongs to, in the media type that the request asks for.
pub(crate) fn refuse(request: &Request, refusal: &Refusal) -> Response {
    Asked::by(request).refuse(refusal)
}

/// A panic is a fault like any other: the client learns nothing, the log has the text from the panic hook.
///
/// - `gateway_panics_total`
pub(super) async fn of_panics(request: Request, next: Next) -> Response {
    let asked = Asked::by(&request);
    // Nothing of the request is looked at again.
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        metrics::counter!("gateway_panics_total").increment(1);
        asked.refuse(&exchange::fault())
    })
}
