//! GraphQL over server-sent events, in distinct connections mode: one operation, one response with many events.
//! See <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.
//!
//! The stream ends with `complete` when the operation does, and without it when the server stops: then the client reconnects.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, stream};
use http::header;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde::Serialize;

/// How long clients should wait before they reconnect.
const RETRY: Duration = Duration::from_millis(500);

/// Sends `results` as they come. Between them a comment shows every `keep_alive` that the connection is open. It ends early, without
/// `complete`, when `until` does.
pub fn stream<T: Serialize>(
    results: impl Stream<Item = T> + Send + 'static,
    keep_alive: Duration,
    until: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let first = stream::once(async { Event::default().comment("").retry(RETRY) });
    let complete = stream::once(async { complete() });
    let events =
        first.chain(results.map(|result| next(&result))).chain(complete).take_until(until).map(Ok::<_, Infallible>);
    uncached(Sse::new(events).keep_alive(KeepAlive::new().interval(keep_alive)))
}

/// Sends one result: that of an operation that was refused.
pub fn single(result: &impl Serialize) -> Response {
    let events = [next(result), complete()];
    uncached(Sse::new(stream::iter(events.map(Ok::<_, Infallible>))))
}

/// Not cached at all; the library only demands that a cached stream is revalidated.
fn uncached(stream: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], stream).into_response().map(|body| Body::new(body.map_frame(with_data)))
}

fn complete() -> Event {
    Event::default().event("complete")
}

/// The library leaves an empty data field out, and browsers ignore events without one.
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
