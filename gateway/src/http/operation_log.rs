//! The line in the log of an operation that is not the whole of a request: one of a WebSocket, an event stream or a batch, when it
//! has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use curtail_graphql_http::Operation;
use curtail_telemetry::RequestId;

use super::errors::ErrorSummary;
use super::request_log::shown;
use crate::error::Code;
use crate::request::RequestContext;
use crate::usage::OperationUsage;

/// An operation that runs. Its line is written when this is dropped, whoever ended it.
pub struct OperationGuard {
    request_id: Option<RequestId>,
    transport: &'static str,
    kind: &'static str,
    name: Option<String>,
    caller: &'static str,
    cost: u64,
    counted: OperationUsage,
    calls: Arc<AtomicU32>,
    calls_before: u32,
    started: Instant,
    answers: u64,
    code: Option<Code>,
}

impl OperationGuard {
    /// It begins.
    pub fn begin(
        operation: &Operation,
        transport: &'static str,
        context: &RequestContext,
        counted: OperationUsage,
    ) -> Self {
        let caller = match &context.principal {
            None => "anonymous",
            Some(principal) if principal.api_key_id.is_some() => "api-key",
            Some(_) => "session",
        };
        Self {
            request_id: context.call.request_id.clone(),
            transport,
            kind: operation.kind(),
            name: operation.name.clone(),
            caller,
            cost: operation.plan.cost,
            counted,
            calls: context.call.calls.clone(),
            calls_before: context.rpc_count(),
            started: Instant::now(),
            answers: 0,
            code: None,
        }
    }

    /// Another answer is sent. The first error of all is the one that is logged.
    pub fn answered(&mut self, summary: &ErrorSummary) {
        self.answers += 1;
        self.code = self.code.or_else(|| summary.codes.first().copied());
    }
}

impl Drop for OperationGuard {
    fn drop(&mut self) {
        tracing::info!(
            request_id = self.request_id.as_ref().map(RequestId::as_str),
            transport = self.transport,
            code = self.code.map(Code::as_str),
            kind = self.kind,
            operation = self.name.as_deref().map(shown),
            caller = self.caller,
            cost = self.cost,
            rpcs = self.calls.load(Ordering::Relaxed).saturating_sub(self.calls_before),
            answers = self.answers,
            deprecated = self.counted.deprecated.as_deref(),
            api_key = self.counted.api_key,
            ms = self.started.elapsed().as_secs_f64() * 1000.0,
            "operation"
        );
    }
}

/// The line of one that was refused before it began.
pub fn refused(request_id: &str, transport: &'static str, code: Code) {
    tracing::info!(request_id, transport, code = code.as_str(), "operation");
}
