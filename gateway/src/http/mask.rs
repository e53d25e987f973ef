//! What clients see of errors: a code of the closed list, the request id, and never internal text.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};

use crate::error::Code;

/// How much validation may tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// That the document does not fit, and nothing else: for callers who may not see the schema.
    None,
    /// What does not fit.
    Errors,
    /// Also which names are similar.
    Suggestions,
}

/// Text of the public message of a fault.
const FAULT: &str = "something went wrong on our side";
const NOT_VALID: &str = "the document or its variables do not fit the schema";
/// How async-graphql begins what it says about an argument that a scalar or validator refused.
const ARGUMENT_REFUSED: &str = "Failed to parse \"";

/// What the errors of a response amount to.
#[derive(Debug, PartialEq, Eq)]
pub struct Masked {
    /// Whether the document was not executed, because validation refused it.
    pub not_executed: bool,
    /// The codes of the errors, in order.
    pub codes: Vec<Code>,
    /// The longest that an error asks to wait, in seconds.
    pub retry_after: Option<u64>,
}

/// Gives each error of `response` its code and the request id, and hides what has none. Faults are logged here, once.
pub fn mask(response: &mut Response, request_id: &str, detail: Detail) -> Masked {
    let not_executed = !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty() && declared(error).is_none());
    if not_executed && detail == Detail::None {
        response.errors.truncate(1);
    }
    let mut masked = Masked { not_executed, codes: Vec::new(), retry_after: None };
    for error in &mut response.errors {
        let code = if not_executed { invalid(error, detail) } else { fault(error, request_id) };
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if let Some(Value::Number(seconds)) = extensions.get("retryAfter") {
            masked.retry_after = masked.retry_after.max(seconds.as_u64());
        }
        extensions.set("code", code.as_str());
        extensions.set("requestId", request_id);
        masked.codes.push(code);
    }
    masked
}

/// An error of validation or coercion.
fn invalid(error: &mut ServerError, detail: Detail) -> Code {
    match detail {
        Detail::None => {
            NOT_VALID.clone_into(&mut error.message);
            error.locations.clear();
        }
        Detail::Errors => {
            if let Some(at) = error.message.find(" Did you mean") {
                error.message.truncate(at);
            }
        }
        Detail::Suggestions => {}
    }
    Code::ValidationFailed
}

/// An error of a resolver. One that declares no code of the list is a fault of ours, whatever its text says.
fn fault(error: &mut ServerError, request_id: &str) -> Code {
    if let Some(code) = declared(error) {
        return code;
    }
    if error.message.starts_with(ARGUMENT_REFUSED) {
        return Code::Invalid;
    }
    tracing::error!(request_id, error = %error.message, path = ?error.path, "a resolver failed");
    FAULT.clone_into(&mut error.message);
    error.extensions = None;
    Code::Internal
}

fn declared(error: &ServerError) -> Option<Code> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Code::parse(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::PathSegment;

    use super::*;

    fn error(message: &str, in_resolver: bool, code: Option<&str>) -> ServerError {
        let mut error = ServerError::new(message, None);
        if in_resolver {
            error.path.push(PathSegment::Field("links".into()));
        }
        if let Some(code) = code {
            error.extensions.get_or_insert_default().set("code", code);
        }
        error
    }

    fn masked(error: ServerError, detail: Detail) -> (String, Masked) {
        let mut response = Response::from_errors(vec![error]);
        let masked = mask(&mut response, "r-1", detail);
        assert_eq!(response.errors[0].extensions.as_ref().unwrap().get("requestId"), Some(&Value::from("r-1")));
        (response.errors.remove(0).message, masked)
    }

    #[test]
    fn s17_internal_text_never_leaves() {
        for code in [None, Some("MADE_UP")] {
            let (message, masked) = masked(error("relation \"users\" does not exist", true, code), Detail::Suggestions);
            assert_eq!((message.as_str(), masked.codes.as_slice()), (FAULT, [Code::Internal].as_slice()));
        }
    }

    #[test]
    fn declared_codes_and_refused_arguments_keep_their_message() {
        let (message, seen) = masked(error("gone", true, Some("NOT_FOUND")), Detail::None);
        assert_eq!((message.as_str(), seen.codes[0]), ("gone", Code::NotFound));
        let (message, seen) = masked(error("Failed to parse \"Int\": too large", true, None), Detail::None);
        assert_eq!((message.starts_with("Failed"), seen.codes[0]), (true, Code::Invalid));
    }

    #[test]
    fn s17_validation_tells_as_much_as_the_caller_may_know() {
        let unknown = || error("Unknown field \"lin\" on type \"Query\". Did you mean \"link\"?", false, None);
        for (detail, expected) in [
            (Detail::None, NOT_VALID),
            (Detail::Errors, "Unknown field \"lin\" on type \"Query\"."),
            (Detail::Suggestions, "Unknown field \"lin\" on type \"Query\". Did you mean \"link\"?"),
        ] {
            let (message, masked) = masked(unknown(), detail);
            assert_eq!(message, expected);
            assert!(masked.not_executed && masked.codes == [Code::ValidationFailed]);
        }
    }
}
