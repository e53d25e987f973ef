//! The steps of an operation, whatever transport it came by: bounds, the caller's bucket, execution.

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use curtail_graphql_http::{Operation, Params, is_closed};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};

use super::errors::{Detail, ErrorSummary, present};
use super::operation_log::OperationGuard;
use crate::app::App;
use crate::auth::CredentialMonitor;
use crate::error::{Code, Refusal};
use crate::rate::shared;
use crate::request::RequestContext;
use crate::schema;
use crate::usage::OperationUsage;

/// Checks the bounds. To an `anonymous` caller root fields that are not for everyone look like fields that do not exist; the cost of
/// an operation would tell them apart.
///
/// # Errors
/// The code of the bound that is exceeded, or that it is no operation at all; `UNAUTHENTICATED`.
pub fn check(app: &App, params: Params, anonymous: bool) -> Result<Operation, Refusal> {
    let documents = &app.documents;
    let mut document = app.persisted.find(documents, &params.document)?;
    if anonymous && !app.settings.development {
        let name = params.operation_name.as_deref();
        if is_closed(&document, name)? {
            return Err(Refusal::sign_in_first());
        }
        document = documents.narrow(document, name)?;
    }
    Ok(Operation::with_inputs(params, document, documents, &app.shared.sizes, &app.shared.inputs)?)
}

/// Refuses the schema to callers who may not see it, and input that does not fit its types.
///
/// # Errors
/// `INTROSPECTION_DISABLED`, `GRAPHQL_VALIDATION_FAILED`.
pub fn check_caller(operation: &Operation, detail: Detail) -> Result<(), Refusal> {
    if operation.plan.introspects && detail == Detail::None {
        return Err(Refusal::new(Code::IntrospectionDisabled, "sign in to see the schema"));
    }
    match &operation.invalid {
        Some(invalid) => Err(invalid.to_error(detail != Detail::None).into()),
        None => Ok(()),
    }
}

/// The tokens that it takes from the caller's bucket.
pub fn tokens(operation: &Operation) -> u64 {
    shared::tokens(operation.plan.cost, operation.plan.credential_mutations)
}

/// Counts that it is executed.
pub fn count(operation: &Operation, app: &App, context: &RequestContext) -> OperationUsage {
    app.shared.usage.count(&operation.document, operation.name.as_deref(), operation.kind(), context)
}

/// Prepares it for the executor.
pub fn into_request(
    operation: Operation,
    app: &App,
    context: &RequestContext,
    detail: Detail,
) -> async_graphql::Request {
    let mut request = operation.into_request();
    if detail == Detail::None {
        request = request.disable_introspection();
    }
    schema::attach(request, &app.shared.upstreams, context).data(context.clone())
}

/// Its responses, one after the other; a query has one. When they end, they are logged in one line.
pub fn into_responses(
    operation: Operation,
    app: &App,
    context: &RequestContext,
    transport: &'static str,
    monitor: Option<CredentialMonitor>,
    detail: Detail,
) -> impl Stream<Item = (Response, ErrorSummary)> + Send + use<> {
    let mut log = OperationGuard::begin(&operation, transport, context, count(&operation, app, context));
    let id = context.call.request_id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned());
    let request = match monitor.filter(|_| operation.plan.kind == OperationType::Subscription) {
        Some(monitor) => {
            let context = context.clone().for_stream(monitor.clone(), app.request_timeout());
            into_request(operation, app, &context, detail).data(monitor)
        }
        None => into_request(operation, app, context, detail),
    };
    let responses: BoxStream<'static, Response> = app.schema.execute_stream(request);
    responses.map(move |mut response| {
        let summary = present(&mut response, &id, detail);
        log.answered(&summary);
        (response, summary)
    })
}

/// How much a caller may learn of what does not fit.
pub fn detail(app: &App, signed_in: bool) -> Detail {
    if app.settings.development || signed_in { Detail::Errors } else { Detail::None }
}
