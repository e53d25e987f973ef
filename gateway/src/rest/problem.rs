//! Why there is no answer: RFC 9457 with the codes of the platform.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::Parameter;

use crate::error::{Code, Refusal};
use crate::http::{response, status};
use crate::schema::problem::UserError;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A request that is refused or failed.
#[derive(Debug, Clone)]
pub struct Problem {
    refusal: Refusal,
    /// The finer reason, where there is one.
    reason: Option<Cow<'static, str>>,
    errors: Vec<UserError>,
}

/// A problem as clients read it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct Details<'a> {
    /// `about:blank`: the title says what the status means, `code` and `reason` tell problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What the status means.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, for people.
    detail: &'a str,
    /// The path that was asked.
    instance: &'a str,
    /// One of a closed list: programs may switch on it.
    code: &'static str,
    /// The finer reason, for example `ALIAS_TAKEN`; otherwise the code again.
    reason: &'a str,
    /// Names the request in our log; also in the header `X-Request-Id`.
    request_id: &'a str,
    /// The fields that are wrong; empty when it is not about fields.
    errors: &'a [UserError],
    /// The bound that was passed, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u64>,
    /// Seconds to wait, where waiting helps; also in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with `code` that is not about a field.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Refusal::new(code, message).into()
    }

    /// A problem of one field of the request.
    pub fn field(code: Code, field: impl Into<String>, reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let error = UserError {
            field: Some(field.into()),
            code: reason.to_owned(),
            message: message.clone(),
            suggestions: Vec::new(),
        };
        Self { refusal: Refusal::new(code, message), reason: Some(reason.into()), errors: vec![error] }
    }

    /// The same, with a field called as this API calls it.
    #[must_use]
    pub fn calling(mut self, theirs: &str, ours: &str) -> Self {
        for field in self.errors.iter_mut().filter_map(|error| error.field.as_mut()).filter(|field| *field == theirs) {
            ours.clone_into(field);
        }
        self
    }

    /// The same, about the parameters of a query string: services name lists in the plural, a query string repeats the singular.
    #[must_use]
    pub fn about(mut self, parameters: &[Parameter]) -> Self {
        let known = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
        for field in self.errors.iter_mut().filter_map(|error| error.field.as_mut()) {
            if !known(field) && field.strip_suffix('s').is_some_and(known) {
                field.pop();
            }
        }
        self
    }

    /// The answer to the request with this id at this path.
    pub fn answer(&self, request_id: &str, path: &str) -> Response {
        let Refusal { code, message, limit, .. } = &self.refusal;
        let status = status::of(*code);
        let details = Details {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: message,
            instance: path,
            code: code.as_str(),
            reason: self.reason.as_deref().unwrap_or(code.as_str()),
            request_id,
            errors: &self.errors,
            limit: *limit,
            retry_after: self.refusal.retry_after.map(response::seconds),
        };
        // Texts, numbers and a list of them are always JSON.
        let mut response = Response::new(Body::from(serde_json::to_vec(&details).unwrap_or_default()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response::describe(&mut response, &self.refusal);
        response
    }

    /// What it is about.
    pub fn code(&self) -> Code {
        self.refusal.code
    }
}

impl From<Refusal> for Problem {
    fn from(mut refusal: Refusal) -> Self {
        // A client that should retry gets the time.
        if refusal.retry_after.is_none() && matches!(refusal.code, Code::Unavailable | Code::RateLimited) {
            refusal.retry_after = Some(Duration::from_secs(1));
        }
        Self { refusal, reason: None, errors: Vec::new() }
    }
}

impl From<curtail_rpc::Error> for Problem {
    fn from(error: curtail_rpc::Error) -> Self {
        let mut problem = Self::from(Refusal::from(&error));
        problem.reason = Some(error.reason.clone());
        problem.errors = error.field.is_some().then(|| error.into()).into_iter().collect();
        problem
    }
}

impl From<tonic::Status> for Problem {
    fn from(status: tonic::Status) -> Self {
        curtail_rpc::Error::from_status(&status).into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn body(response: Response) -> Value {
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_problem_says_what_is_wrong_with_which_field() {
        let error = curtail_rpc::Error::new(curtail_rpc::Code::Conflict, "ALIAS_TAKEN", "this alias is taken")
            .field("alias")
            .meta("suggestions", r#"["a-2"]"#);
        let response = Problem::from(tonic::Status::from(error)).answer("r-1", "/v1/links");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (409, &MEDIA_TYPE.parse().unwrap())
        );
        let expected = json!({
            "type": "about:blank", "title": "Conflict", "status": 409, "detail": "this alias is taken",
            "instance": "/v1/links", "code": "CONFLICT", "reason": "ALIAS_TAKEN", "requestId": "r-1",
            "errors": [{"field": "alias", "code": "ALIAS_TAKEN", "message": "this alias is taken", "suggestions": ["a-2"]}],
        });
        assert_eq!(body(response).await, expected);
    }

    #[tokio::test]
    async fn who_has_to_wait_is_told_how_long() {
        let problem =
            Problem::from(curtail_rpc::Error::new(curtail_rpc::Code::Unavailable, "LINKS_UNAVAILABLE", "try again"));
        let response = problem.answer("r-1", "/v1/links");
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"1".parse().unwrap()));
        let body = body(response).await;
        assert_eq!((&body["retryAfter"], &body["errors"]), (&json!(1), &json!([])));
    }
}
