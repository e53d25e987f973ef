//! What bounds an answer that is a stream: a permit of its own, the life of its token, a longest life, the end of the server.
//!
//! The beginning of a stream, up to its headers, is a call like any other, with a deadline and a permit among those in flight.
//! HTTP/2 pings tell when the reader is gone, however quiet the stream is.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::State, middleware::Next};
use curtail_clock::Clock;
use curtail_lifecycle::Shutdown;
use http::{HeaderMap, Request, Response};
use hyper::body::{Bytes, Frame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::{Caller, Code, Error, streaming};

/// How long a reader should stay away from a server that has no permit for its stream.
const FULL_RETRY: Duration = Duration::from_secs(1);

/// A reader may come back at once; the pause is for the load balancer to look elsewhere.
const ENDED_RETRY: Duration = Duration::from_millis(100);

/// The streams of one server.
pub(crate) struct Streams {
    name: &'static str,
    permits: Arc<Semaphore>,
    max_life: Duration,
    clock: Clock,
    shutdown: Shutdown,
}

impl Streams {
    pub(crate) fn new(name: &'static str, settings: &curtail_config::Rpc, clock: Clock, shutdown: Shutdown) -> Self {
        let permits = Arc::new(Semaphore::new(settings.max_streams));
        Self { name, permits, max_life: Duration::from_secs(settings.stream_max_seconds), clock, shutdown }
    }

    /// Resolves when a stream of this caller has to end, with the error for its reader.
    fn end(&self, caller: Option<&Caller>) -> impl Future<Output = Error> + Send + 'static {
        let token = match caller {
            Some(Caller::User(user)) => Duration::try_from(user.expires_at - self.clock.now()).unwrap_or_default(),
            Some(Caller::Service(_)) | None => Duration::MAX,
        };
        let (max_life, shutdown) = (self.max_life, self.shutdown.clone());
        async move {
            tokio::select! {
                () = tokio::time::sleep(token) => Error::new(Code::Unauthenticated, "TOKEN_EXPIRED", "the token has expired"),
                () = tokio::time::sleep(max_life) => ended(),
                () = shutdown.draining() => ended(),
            }
        }
    }
}

fn ended() -> Error {
    Error::new(Code::Unavailable, "STREAM_ENDED", "open the stream again").retry_after(ENDED_RETRY)
}

/// Bounds the answer where it is a stream. Must come after the caller is known.
///
/// - `rpc_server_streams_open{service}`: streams at the moment
pub(crate) async fn bound(State(streams): State<Arc<Streams>>, request: Request<Body>, next: Next) -> Response<Body> {
    if !streaming::is_stream(request.uri().path()) {
        return next.run(request).await;
    }
    let Ok(permit) = Arc::clone(&streams.permits).try_acquire_owned() else {
        metrics::counter!("rpc_server_shed_total", "service" => streams.name).increment(1);
        let error = Error::new(Code::Unavailable, "TOO_MANY_STREAMS", "too many streams at once");
        return Status::from(error.retry_after(FULL_RETRY)).into_http();
    };
    let end = streams.end(request.extensions().get::<Arc<Caller>>().map(Arc::as_ref));
    let response = next.run(request).await;
    if response.headers().contains_key("grpc-status") {
        return response;
    }
    let permit = StreamPermit::new(streams.name, permit);
    response.map(|body| Body::new(BoundedStream { open: Some((body, permit)), end: Box::pin(end) }))
}

/// Counts an open stream.
struct StreamPermit {
    service: &'static str,
    _permit: OwnedSemaphorePermit,
}

impl StreamPermit {
    fn new(service: &'static str, permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("rpc_server_streams_open", "service" => service).increment(1.0);
        Self { service, _permit: permit }
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        metrics::gauge!("rpc_server_streams_open", "service" => self.service).decrement(1.0);
    }
}

/// The body of a stream, which ends with a status of ours when its time is over.
struct BoundedStream {
    open: Option<(Body, StreamPermit)>,
    end: Pin<Box<dyn Future<Output = Error> + Send>>,
}

impl hyper::body::Body for BoundedStream {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // First, because a busy stream would otherwise never come to its end.
        if self.open.is_some()
            && let Poll::Ready(error) = self.end.as_mut().poll(context)
        {
            self.open = None;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers(error)))));
        }
        match &mut self.open {
            Some((body, _)) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }
}

fn trailers(error: Error) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if Status::from(error).add_header(&mut trailers).is_err() {
        tracing::error!("a status cannot be written as trailers");
    }
    trailers
}
