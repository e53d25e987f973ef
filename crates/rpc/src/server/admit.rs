//! What stands between the network and a handler: overload, deadline, caller.

use std::{
    any::Any,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::middleware::Next;
use curtail_clock::Clock;
use curtail_listener::{Connection, UnverifiedStream};
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use hyper::body::{Frame, SizeHint};
use tokio::sync::Semaphore;
use tonic::Status;

use crate::{Caller, Code, Error, Verifier, deadline, deadline::Deadline};

/// How long a caller who was shed should stay away.
const SHED_RETRY: Duration = Duration::from_secs(1);

/// The answer is given up this much before the caller gives up, so that it arrives.
const MARGIN: Duration = Duration::from_millis(10);

/// The state of the layers of one server.
pub(crate) struct Gate {
    name: &'static str,
    verifier: Verifier,
    clock: Clock,
    permits: Semaphore,
    max_in_flight: usize,
    max_timeout: Duration,
    pub(super) max_message_bytes: usize,
}

impl Gate {
    pub(crate) fn new(name: &'static str, settings: &curtail_config::Rpc, verifier: Verifier, clock: Clock) -> Self {
        Self {
            name,
            verifier,
            clock,
            permits: Semaphore::new(settings.max_in_flight),
            max_in_flight: settings.max_in_flight,
            max_timeout: Duration::from_millis(settings.read_timeout_ms.max(settings.write_timeout_ms)),
            max_message_bytes: settings.max_message_bytes,
        }
    }

    /// Whether no call is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.permits.available_permits() == self.max_in_flight
    }
}

/// Refuses a call at once when as many as allowed are in flight: a queue would only make all of them late.
pub(crate) async fn shed(State(gate): State<Arc<Gate>>, request: Request<Body>, next: Next) -> Response<Body> {
    let Ok(_permit) = gate.permits.try_acquire() else {
        metrics::counter!("rpc_server_shed_total", "service" => gate.name).increment(1);
        let error = Error::new(Code::Unavailable, "OVERLOADED", Code::Unavailable.message());
        return answer(error.retry_after(SHED_RETRY));
    };
    next.run(request).await
}

/// Drops the handler when the answer (of a stream: its beginning) is due. The deadline is the caller's, but never beyond the longest configured one.
pub(crate) async fn within_deadline(
    State(gate): State<Arc<Gate>>,
    mut request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let timeout = deadline::parse(request.headers()).map_or(gate.max_timeout, |asked| asked.min(gate.max_timeout));
    let due = Instant::now() + timeout.saturating_sub(MARGIN.min(timeout / 10));
    request.extensions_mut().insert(Deadline(due));
    match tokio::time::timeout_at(due.into(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => answer(Error::of(Code::DeadlineExceeded)),
    }
}

/// Identifies the caller. No call passes without a valid token.
pub(crate) async fn authenticate(
    State(gate): State<Arc<Gate>>,
    mut request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let credential = request.headers().get(AUTHORIZATION).cloned();
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    match identify(&gate, credential).await {
        Ok(caller) => {
            if let Some(connection) = connection {
                connection.verified();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => {
            if let Some(connection) = connection.filter(|_| error.code == Code::Unauthenticated) {
                connection.refused();
            }
            answer(error)
        }
    }
}

/// Bounds the streams of a connection before a token was verified on it, health checks included.
pub(crate) async fn bound_strangers(State(most): State<u32>, request: Request<Body>, next: Next) -> Response<Body> {
    let Some(connection) = request.extensions().get::<Arc<Connection>>().cloned() else {
        return next.run(request).await;
    };
    let Some(stream) = connection.try_unverified(most) else {
        connection.refused();
        return answer(Error::new(Code::Unavailable, "TOO_MANY_STREAMS", "too many streams without a token"));
    };
    let response = next.run(request).await;
    match stream {
        Some(stream) => response.map(|body| Body::new(UnverifiedResponse { body, _stream: stream })),
        None => response,
    }
}

/// The answer to a caller that is not known.
struct UnverifiedResponse {
    body: Body,
    _stream: UnverifiedStream,
}

impl HttpBody for UnverifiedResponse {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn identify(gate: &Gate, credential: Option<HeaderValue>) -> Result<Arc<Caller>, Error> {
    let token = credential.as_ref().and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    match token {
        Some(token) => gate.verifier.verify(token, gate.clock.now()).await,
        None => Err(Error::new(Code::Unauthenticated, "TOKEN_MISSING", "a signed token is needed")),
    }
}

/// The answer of a handler that panicked. The panic itself is logged by the hook of the process.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    answer(Error::of(Code::Internal))
}

fn answer(error: Error) -> Response<Body> {
    Status::from(error).into_http()
}
