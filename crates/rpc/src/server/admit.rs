//! What stands between the network and a handler: overload, deadline, caller.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{body::Body, extract::State, middleware::Next};
use curtail_clock::Clock;
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
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
    places: Semaphore,
    most_places: usize,
    longest: Duration,
    pub(super) max_message_bytes: usize,
}

impl Gate {
    pub(crate) fn new(name: &'static str, settings: &curtail_config::Rpc, verifier: Verifier, clock: Clock) -> Self {
        Self {
            name,
            verifier,
            clock,
            places: Semaphore::new(settings.max_in_flight),
            most_places: settings.max_in_flight,
            longest: Duration::from_millis(settings.read_timeout_ms.max(settings.write_timeout_ms)),
            max_message_bytes: settings.max_message_bytes,
        }
    }

    /// Whether no call is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.places.available_permits() == self.most_places
    }
}

/// Refuses a call at once when as many as allowed are in flight: a queue would only make all of them late.
pub(crate) async fn shed(State(gate): State<Arc<Gate>>, request: Request<Body>, next: Next) -> Response<Body> {
    let Ok(_place) = gate.places.try_acquire() else {
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
    let timeout = deadline::parse(request.headers()).map_or(gate.longest, |asked| asked.min(gate.longest));
    let due = Instant::now() + timeout.saturating_sub(MARGIN.min(timeout / 10));
    request.extensions_mut().insert(Deadline(due));
    match tokio::time::timeout_at(due.into(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => answer(Error::of(Code::DeadlineExceeded)),
    }
}

/// Finds out who calls. Nobody passes without a valid token.
pub(crate) async fn authenticate(
    State(gate): State<Arc<Gate>>,
    mut request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let credential = request.headers().get(AUTHORIZATION).cloned();
    match identify(&gate, credential).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => answer(error),
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
