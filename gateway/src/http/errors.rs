//! What clients see of errors: a code of the closed list, the request id, and never internal text.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};

use crate::error::Code;
use crate::schema::problem;

/// How much validation may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// That the document does not fit, and nothing else: for callers who may not see the schema.
    None,
    /// What does not fit.
    Errors,
}

/// Text of the public message of a fault.
const FAULT: &str = "something went wrong on our side";
const NOT_VALID: &str = "the document or its variables do not fit the schema";
/// How async-graphql begins what it says about an argument that a scalar or validator refused.
const ARGUMENT_REFUSED: &str = "Failed to parse \"";

/// A summary of the errors of a response, after [`present`].
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorSummary {
    /// Whether the document was not executed, because validation refused it.
    pub not_executed: bool,
    /// The codes of the errors, in order.
    pub codes: Vec<Code>,
    /// The longest time that an error asks to wait.
    pub retry_after: Option<Duration>,
}

/// Gives each error of `response` its code and the request id, and hides the text of all that are not meant for clients. A
/// resolver's error is meant for clients if its source is a [`curtail_rpc::Error`]. Faults are logged here, once.
pub fn present(response: &mut Response, request_id: &str, detail: Detail) -> ErrorSummary {
    let not_executed = !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty() && declared(error).is_none());
    if not_executed && detail == Detail::None {
        response.errors.truncate(1);
    }
    let mut summary = ErrorSummary { not_executed, codes: Vec::new(), retry_after: None };
    for error in &mut response.errors {
        let (code, mut extensions) = if not_executed {
            (invalid(error, detail), ErrorExtensionValues::default())
        } else if let Some(declared) = declared(error) {
            summary.retry_after = summary.retry_after.max(declared.retry_after);
            (declared.code.into(), problem::extensions(declared))
        } else {
            (fault(error, request_id), ErrorExtensionValues::default())
        };
        extensions.set("code", code.as_str());
        extensions.set("requestId", request_id);
        error.extensions = Some(extensions);
        summary.codes.push(code);
    }
    summary
}

/// An error of validation or coercion. Without `development` the schema makes no suggestions.
fn invalid(error: &mut ServerError, detail: Detail) -> Code {
    if detail == Detail::None {
        NOT_VALID.clone_into(&mut error.message);
        error.locations.clear();
    }
    Code::ValidationFailed
}

/// An error of a resolver that declares nothing: a fault of ours, whatever its text says.
fn fault(error: &mut ServerError, request_id: &str) -> Code {
    if error.message.starts_with(ARGUMENT_REFUSED) {
        return Code::Invalid;
    }
    tracing::error!(request_id, error = %error.message, path = ?error.path, "a resolver failed");
    FAULT.clone_into(&mut error.message);
    Code::Internal
}

/// What a resolver says to clients.
fn declared(error: &ServerError) -> Option<&curtail_rpc::Error> {
    error.source()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::PathSegment;

    use super::*;

    fn error(message: &str, in_resolver: bool, source: Option<curtail_rpc::Error>) -> ServerError {
        let mut error = ServerError::new(message, None);
        if in_resolver {
            error.path.push(PathSegment::Field("links".into()));
        }
        error.source = source.map(|source| Arc::new(source) as Arc<_>);
        error
    }

    fn presented(error: ServerError, detail: Detail) -> (ServerError, ErrorSummary) {
        let mut response = Response::from_errors(vec![error]);
        let summary = present(&mut response, "r-1", detail);
        let error = response.errors.remove(0);
        assert_eq!(extension(&error, "requestId"), Some("r-1".into()));
        (error, summary)
    }

    fn extension(error: &ServerError, name: &str) -> Option<Value> {
        error.extensions.as_ref()?.get(name).cloned()
    }

    #[test]
    fn s17_internal_text_never_leaves() {
        let mut leak = error("relation \"users\" does not exist", true, None);
        leak.extensions.get_or_insert_default().set("code", "NOT_FOUND");
        for detail in [Detail::None, Detail::Errors] {
            let (error, summary) = presented(leak.clone(), detail);
            assert_eq!((error.message.as_str(), summary.codes.as_slice()), (FAULT, [Code::Internal].as_slice()));
            assert_eq!(extension(&error, "code"), Some("INTERNAL".into()));
        }
    }

    #[test]
    fn a_declared_error_keeps_its_message_and_says_the_rest_in_extensions() {
        let mut source =
            curtail_rpc::Error::new(curtail_rpc::Code::Unavailable, "LINKS_UNAVAILABLE", "gone").field("full_name");
        source.retry_after = Some(Duration::from_millis(1500));
        let (error, summary) = presented(error("gone", true, Some(source)), Detail::None);
        assert_eq!((error.message.as_str(), summary.codes[0]), ("gone", Code::Unavailable));
        assert_eq!(summary.retry_after, Some(Duration::from_millis(1500)));
        for (name, expected) in [("code", "UNAVAILABLE"), ("reason", "LINKS_UNAVAILABLE"), ("field", "fullName")] {
            assert_eq!(extension(&error, name), Some(expected.into()));
        }
        assert_eq!(extension(&error, "retryAfter"), Some(2.into()));
    }

    #[test]
    fn a_refused_argument_is_not_a_fault() {
        let (error, summary) = presented(error("Failed to parse \"Int\": too large", true, None), Detail::None);
        assert_eq!((error.message.starts_with("Failed"), summary.codes[0]), (true, Code::Invalid));
    }

    #[test]
    fn s17_validation_says_as_much_as_the_caller_may_know() {
        const UNKNOWN: &str = "Unknown field \"lin\" on type \"Query\".";
        for (detail, expected) in [(Detail::None, NOT_VALID), (Detail::Errors, UNKNOWN)] {
            let (error, summary) = presented(error(UNKNOWN, false, None), detail);
            assert_eq!(error.message, expected);
            assert!(summary.not_executed && summary.codes == [Code::ValidationFailed]);
        }
    }
}
