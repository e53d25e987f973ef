//! The span, the log line and the metrics of every call.

use std::{error::Error as _, time::Instant};

use axum::{body::Body, extract::State, middleware::Next};
use http::{Request, Response};
use tonic::{Code, Status};
use tracing::Instrument as _;

use crate::context;

/// Surrounds a call with a span that goes on from the caller's trace, counts it and logs what went wrong.
///
/// - `rpc_server_requests_total{service, method, code}`
/// - `rpc_server_request_duration_seconds{service, method}`
pub(crate) async fn observe(State(service): State<&'static str>, request: Request<Body>, next: Next) -> Response<Body> {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let request_id = context::request_id(request.headers());
    let span = tracing::info_span!(
        "rpc",
        otel.kind = "server",
        service,
        method,
        request_id = request_id.as_ref().map(tracing::field::display),
    );
    if let Some(parent) = context::traceparent(request.headers()) {
        curtail_telemetry::set_parent(&span, &parent);
    }
    let start = Instant::now();
    async move {
        let response = next.run(request).await;
        let took = start.elapsed();
        let status = status(&response);
        let code = status.as_ref().map_or(Code::Ok, Status::code);
        log(status.as_ref(), took.as_secs_f64() * 1000.0);
        // What does not exist must not fill the metrics with names of a caller's choice.
        let method = if code == Code::Unimplemented { "unknown".to_owned() } else { method };
        metrics::histogram!("rpc_server_request_duration_seconds", "service" => service, "method" => method.clone())
            .record(took);
        let code = code_name(code);
        metrics::counter!("rpc_server_requests_total", "service" => service, "method" => method, "code" => code)
            .increment(1);
        response
    }
    .instrument(span)
    .await
}

/// The status of an answer without a message. tonic leaves the whole of it in the extensions, with its source.
fn status(response: &Response<Body>) -> Option<Status> {
    match response.extensions().get::<Status>() {
        Some(status) => Some(status.clone()),
        None => Status::from_header_map(response.headers()),
    }
}

/// Writes one line. Faults and unavailable dependencies are warnings or errors, refusals are not.
fn log(status: Option<&Status>, ms: f64) {
    let Some(status) = status else { return tracing::debug!(ms, "ok") };
    let code = code_name(status.code());
    let source = status.source();
    match status.code() {
        Code::Internal | Code::Unknown | Code::DataLoss => tracing::error!(code, ms, source, "failed"),
        Code::Unavailable | Code::DeadlineExceeded => tracing::warn!(code, ms, source, "not available"),
        _ => tracing::debug!(code, ms, source, "refused"),
    }
}

/// The name of a gRPC code as metrics and logs show it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
