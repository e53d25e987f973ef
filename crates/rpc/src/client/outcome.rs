//! The outcome of a call, and whether it counts against the backend.

use std::time::Duration;

use http::{Request, Response};
use tonic::{Status, body::Body};
use tonic_types::StatusExt as _;

use crate::{Code, Error};

/// Makes the errors of calls that got no answer. Their reasons name the backend: `LINKS_UNAVAILABLE`.
#[derive(Debug)]
pub(crate) struct Failures {
    reason: String,
}

impl Failures {
    pub(crate) fn new(backend: &str) -> Self {
        Self { reason: format!("{}_UNAVAILABLE", backend.to_ascii_uppercase()) }
    }

    /// Too many calls are in flight already.
    pub(crate) fn overloaded(&self) -> Error {
        self.unavailable(Duration::from_secs(1)).source(anyhow::anyhow!("too many calls in flight"))
    }

    /// The breaker is open for this long.
    pub(crate) fn circuit_open(&self, wait: Duration) -> Error {
        self.unavailable(wait).source(anyhow::anyhow!("the circuit is open"))
    }

    /// The connection could not be made or was lost. That is never a fault of ours in the sense of `INTERNAL`, whatever
    /// the HTTP/2 layer calls it.
    pub(crate) fn transport(&self, error: tonic::transport::Error) -> Status {
        // tonic watches `grpc-timeout` too and may notice a moment before we do.
        if in_chain::<tonic::TimeoutExpired>(&error) {
            return Error::of(Code::DeadlineExceeded).into();
        }
        self.lost(error.into())
    }

    /// The connection was lost in the middle of an answer, or the answer is too long.
    pub(crate) fn body(&self, error: Box<dyn std::error::Error + Send + Sync>) -> Status {
        if error.is::<http_body_util::LengthLimitError>() {
            return Error::internal(anyhow::anyhow!("the answer is longer than rpc.max_message_bytes")).into();
        }
        self.lost(anyhow::Error::from_boxed(error))
    }

    /// The connection was lost.
    pub(crate) fn lost(&self, source: anyhow::Error) -> Status {
        let mut error = self.unavailable(Duration::from_secs(1)).source(source);
        // No advice to wait goes with it: another connection may well succeed at once.
        error.retry_after = None;
        error.into()
    }

    fn unavailable(&self, wait: Duration) -> Error {
        Error::new(Code::Unavailable, self.reason.clone(), Code::Unavailable.message()).retry_after(wait)
    }
}

/// The gRPC status of an answer: of the headers when there is no message, else of the trailers.
fn status(result: &Result<Response<Body>, Status>) -> Option<Status> {
    match result {
        Ok(response) => Status::from_header_map(response.headers()),
        Err(status) => Some(status.clone()),
    }
}

/// The gRPC code of an answer.
pub(crate) fn code(result: &Result<Response<Body>, Status>) -> tonic::Code {
    status(result).map_or(tonic::Code::Ok, |status| status.code())
}

/// Whether this speaks against the backend: it is unavailable, overloaded or too slow. A refusal for good reasons does not.
pub(crate) fn is_backend_failure(result: &Result<Response<Body>, Status>) -> bool {
    matches!(code(result), tonic::Code::Unavailable | tonic::Code::DeadlineExceeded)
}

/// Whether the same call may succeed at once: the backend was not available and did not ask to wait.
pub(crate) fn may_retry(result: &Result<Response<Body>, Status>) -> bool {
    let asks_to_wait = |status: &Status| status.get_details_retry_info().is_some();
    status(result).is_some_and(|status| status.code() == tonic::Code::Unavailable && !asks_to_wait(&status))
}

/// The method for metrics: generated clients name it.
pub(crate) fn method(request: &Request<Body>) -> String {
    request.uri().path().trim_start_matches('/').to_owned()
}

fn in_chain<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<E>())
}
