//! Expected outcomes as data, faults as errors.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Error, ErrorExtensionValues, SimpleObject};
use curtail_rpc::Code;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a mutation failed, in a form that a program can act on.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Clone)]
pub struct UserError {
    /// The input field it is about; null if it is about the whole input.
    pub field: Option<String>,
    /// Stable name of the reason, for example `ALIAS_TAKEN`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Values that would be accepted, if any are known.
    pub suggestions: Vec<String>,
}

impl From<curtail_rpc::Error> for UserError {
    fn from(error: curtail_rpc::Error) -> Self {
        let suggestions =
            error.metadata.get("suggestions").and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
        Self {
            field: error.field.map(|field| camel_case(&field)),
            code: error.reason.into_owned(),
            message: error.message.into_owned(),
            suggestions,
        }
    }
}

impl From<curtail_proto::links::v1::Problem> for UserError {
    fn from(problem: curtail_proto::links::v1::Problem) -> Self {
        Self {
            field: (!problem.field.is_empty()).then_some(problem.field),
            code: problem.reason,
            message: problem.message,
            suggestions: problem.suggestions,
        }
    }
}

/// Splits what an RPC answered: a value, an outcome that the client must expect, or a fault.
///
/// # Errors
/// Faults: the caller may not do this at all, or the platform cannot at the moment.
pub fn outcome<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Result<Result<T, UserError>, Error> {
    match result {
        Ok(response) => Ok(Ok(response.into_inner())),
        Err(status) => {
            let error = curtail_rpc::Error::from_status(&status);
            if is_expected(&error) { Ok(Err(error.into())) } else { Err(fault(error)) }
        }
    }
}

/// The value of an RPC in which everything but success is a fault.
///
/// # Errors
/// Whatever the service answered.
pub fn value<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Result<T, Error> {
    result.map(tonic::Response::into_inner).map_err(|status| fault(curtail_rpc::Error::from_status(&status)))
}

/// The value of a look-up: what does not exist, or must not be seen, is null.
///
/// # Errors
/// Whatever the service answered, except `NOT_FOUND`.
pub fn found<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Result<Option<T>, Error> {
    match result {
        Ok(response) => Ok(Some(response.into_inner())),
        Err(status) => {
            let error = curtail_rpc::Error::from_status(&status);
            if error.code == Code::NotFound { Ok(None) } else { Err(fault(error)) }
        }
    }
}

/// A GraphQL error with `error` as its source. The HTTP layer finds it there and writes its [`extensions`].
pub fn fault(error: curtail_rpc::Error) -> Error {
    Error { message: error.message.to_string(), source: Some(Arc::new(error)), extensions: None }
}

/// What a client may see of `error` beside its message: the stable code and reason, the field, and the seconds to wait where waiting
/// helps.
pub fn extensions(error: &curtail_rpc::Error) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", error.code.as_str());
    extensions.set("reason", error.reason.as_ref());
    if let Some(field) = &error.field {
        extensions.set("field", camel_case(field));
    }
    if let Some(wait) = error.retry_after {
        extensions.set("retryAfter", seconds(wait));
    }
    extensions
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u32 {
    wait.as_secs_f64().ceil() as u32
}

/// A field of a message (`full_name`) as GraphQL calls it (`fullName`).
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Wrong credentials are an outcome of signing in, although they share their code with a missing token.
fn is_expected(error: &curtail_rpc::Error) -> bool {
    match error.code {
        Code::Invalid | Code::NotFound | Code::Conflict | Code::VersionMismatch | Code::QuotaExceeded => true,
        Code::Unauthenticated => {
            matches!(error.reason.as_ref(), "BAD_CREDENTIALS" | "REFRESH_TOKEN_INVALID" | "REFRESH_TOKEN_REUSED")
        }
        Code::Forbidden => error.reason == "ACCOUNT_SUSPENDED",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_alias_is_data() {
        let error = curtail_rpc::Error::new(Code::Conflict, "ALIAS_TAKEN", "taken")
            .field("alias")
            .meta("suggestions", r#"["a-2","a-3"]"#);
        let split = outcome::<()>(Err(error.into())).unwrap().unwrap_err();
        assert_eq!((split.field.as_deref(), split.code.as_str()), (Some("alias"), "ALIAS_TAKEN"));
        assert_eq!(split.suggestions, ["a-2", "a-3"]);
    }

    #[test]
    fn fields_are_named_as_in_the_schema() {
        assert_eq!(camel_case("full_name"), "fullName");
        assert_eq!(camel_case("expiresAt"), "expiresAt");
        assert_eq!(camel_case("rate_limit_per_minute"), "rateLimitPerMinute");
    }

    #[test]
    fn an_outage_is_a_fault() {
        let error = curtail_rpc::Error::new(Code::Unavailable, "LINKS_UNAVAILABLE", "try again");
        let fault = outcome::<()>(Err(error.into())).unwrap_err();
        let source = fault.source.unwrap().downcast::<curtail_rpc::Error>().unwrap();
        assert_eq!(source.code, Code::Unavailable);
        assert_eq!(extensions(&source).get("code"), Some(&"UNAVAILABLE".into()));
    }

    #[test]
    fn wrong_credentials_are_data_but_a_missing_token_is_not() {
        let wrong = curtail_rpc::Error::new(Code::Unauthenticated, "BAD_CREDENTIALS", "no");
        assert!(outcome::<()>(Err(wrong.into())).unwrap().is_err());
        let missing = curtail_rpc::Error::new(Code::Unauthenticated, "TOKEN_MISSING", "no");
        assert!(outcome::<()>(Err(missing.into())).is_err());
    }
}
