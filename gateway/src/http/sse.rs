//! GraphQL over server-sent events, in distinct connections mode: one operation, one answer that goes on.
//! See <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.
//!
//! The stream ends with `complete` when the operation does, and without it when the gateway stops: then the client comes back.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::Response as Answer;
use axum::body::{Body, Bytes};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use http::header;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde::Serialize;

use super::errors::ErrorSummary;
use crate::app::App;
use crate::live::ConnectionPermit;

/// How long clients should stay away after the connection ended, in case they ask.
const RETRY: Duration = Duration::from_millis(500);

/// Sends `answers` as they come. `permit` is held as long as the connection is open.
pub fn answer(
    app: &App,
    answers: impl Stream<Item = (Answer, ErrorSummary)> + Send + 'static,
    permit: ConnectionPermit,
) -> Response {
    let shutdown = app.shared.shutdown.clone();
    let first = stream::once(async { Event::default().comment("").retry(RETRY) });
    let answers = answers.map(move |(answer, _)| {
        let _held = &permit;
        next(&answer)
    });
    let complete = stream::once(async { complete() });
    let events = first
        .chain(answers)
        .chain(complete)
        .take_until(async move { shutdown.draining().await })
        .map(Ok::<_, Infallible>);
    let pause = Duration::from_millis(app.settings.live_keep_alive_ms);
    private(Sse::new(events).keep_alive(KeepAlive::new().interval(pause)))
}

/// The one answer of an operation that was refused.
pub fn refused(errors: &impl Serialize) -> Response {
    let events = [next(errors), complete()];
    private(Sse::new(stream::iter(events.map(Ok::<_, Infallible>))))
}

/// As other answers are, not kept by anybody; the library only has it checked before it is used again.
fn private(stream: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], stream).into_response().map(|body| Body::new(body.map_frame(with_data)))
}

fn complete() -> Event {
    Event::default().event("complete")
}

/// The library leaves an empty data field out, and browsers do not tell of events without one.
fn with_data(frame: Frame<Bytes>) -> Frame<Bytes> {
    frame.map_data(|event| match event.as_ref() {
        b"event: complete\n\n" => Bytes::from_static(b"event: complete\ndata:\n\n"),
        _ => event,
    })
}

fn next(answer: &impl Serialize) -> Event {
    // JSON has no line breaks, and answers are maps with texts as keys.
    let data = serde_json::to_string(answer).unwrap_or_else(|_| "{}".to_owned());
    Event::default().event("next").data(data)
}
