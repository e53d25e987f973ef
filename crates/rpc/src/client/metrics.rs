//! What is counted about calls to a backend.

use std::time::Duration;

/// Counts the calls to one backend.
///
/// - `rpc_client_requests_total{backend, method, code}`: calls by outcome; a retried call counts once
/// - `rpc_client_request_duration_seconds{backend, method}`: how long callers waited
/// - `rpc_client_retries_total{backend}`: second attempts
/// - `rpc_client_refused_total{backend, reason}`: calls that did not go out: `breaker`, `in_flight` or `streams`
/// - `rpc_client_breaker_open{backend}`: 1 while the circuit is open
#[derive(Debug)]
pub(crate) struct Meter {
    backend: &'static str,
}

impl Meter {
    pub(crate) fn new(backend: &'static str) -> Self {
        Self { backend }
    }

    pub(crate) fn finished(&self, method: String, code: tonic::Code, took: Duration) {
        let code = crate::server::observe::code_name(code);
        metrics::histogram!("rpc_client_request_duration_seconds", "backend" => self.backend, "method" => method.clone())
            .record(took);
        metrics::counter!("rpc_client_requests_total", "backend" => self.backend, "method" => method, "code" => code)
            .increment(1);
    }

    pub(crate) fn retried(&self) {
        metrics::counter!("rpc_client_retries_total", "backend" => self.backend).increment(1);
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        metrics::counter!("rpc_client_refused_total", "backend" => self.backend, "reason" => reason).increment(1);
    }

    pub(crate) fn breaker(&self, open: bool) {
        metrics::gauge!("rpc_client_breaker_open", "backend" => self.backend).set(if open { 1.0 } else { 0.0 });
    }
}
