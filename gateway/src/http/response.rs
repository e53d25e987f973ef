//! Writes answers.

use std::time::Duration;

use axum::response::Response;
use curtail_graphql_http::{MediaType, json_response, sse};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::status;
use crate::error::{Code, Refusal};

/// The code of the answer's first error, for the log and the metrics; travels in the extensions of the response.
#[derive(Debug, Clone, Copy)]
pub struct ResponseCode(pub Code);

/// The answer to a request that was not executed.
pub fn refused(refusal: &Refusal, media: MediaType, request_id: &str) -> Response {
    let body = json!({"errors": errors(refusal, request_id)});
    let status = status::of_refusal(if refusal.of_document { Code::ValidationFailed } else { refusal.code }, media);
    let mut response = match media {
        MediaType::EventStream if status == StatusCode::OK => sse::single(&body),
        _ => json_response(&body, status, media),
    };
    describe(&mut response, refusal);
    if refusal.code == Code::MethodNotAllowed {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    }
    response
}

/// Says in the headers of a refusal what the caller can do about it, and tells the log of its code.
pub fn describe(response: &mut Response, refusal: &Refusal) {
    let headers = response.headers_mut();
    if let Some(after) = refusal.retry_after {
        headers.insert(header::RETRY_AFTER, seconds(after).into());
    }
    if refusal.code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"curtail\""));
    }
    response.extensions_mut().insert(ResponseCode(refusal.code));
}

/// The errors of a refusal, as GraphQL has them.
pub fn errors(refusal: &Refusal, request_id: &str) -> Value {
    let mut extensions = json!({"code": refusal.code.as_str(), "requestId": request_id});
    if let Some(limit) = refusal.limit {
        extensions["limit"] = limit.into();
    }
    if let Some(after) = refusal.retry_after {
        extensions["retryAfter"] = seconds(after).into();
    }
    json!([{"message": refusal.message, "extensions": extensions}])
}

/// Whole seconds, rounded up and at least one: a client that comes back must not be too early.
pub fn seconds(duration: Duration) -> u64 {
    duration.as_secs_f64().ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_says_why_what_bound_and_when_to_come_back() {
        let refusal = Refusal::new(Code::RateLimited, "too many").limit(5).retry_after(Duration::from_millis(1200));
        let response = refused(&refusal, MediaType::Json, "r-1");
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["retry-after"], "2");
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let extensions = json!({"code": "RATE_LIMITED", "requestId": "r-1", "limit": 5, "retryAfter": 2});
        assert_eq!(body, json!({"errors": [{"message": "too many", "extensions": extensions}]}));
    }

    #[test]
    fn some_refusals_name_the_way_out() {
        let refused = |code| refused(&Refusal::new(code, "no"), MediaType::Json, "r");
        assert_eq!(refused(Code::MethodNotAllowed).headers()["allow"], "GET, POST");
        assert!(refused(Code::Unauthenticated).headers().contains_key("www-authenticate"));
    }
}
