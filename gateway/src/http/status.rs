//! Which HTTP status goes with which code: the one table.
//!
//! It follows what the audits of `graphql-http` 1.23 check. A well-formed GraphQL request that cannot be executed is 400
//! under `application/graphql-response+json` and 200 under `application/json`; where the 2026 draft recommends 422 and 294
//! we stay with the released audits. What stands in the way of being a GraphQL request at all, or comes from what is
//! around GraphQL (credentials, limits of rate and load), has one status under both types.

use curtail_graphql_http::MediaType;
use curtail_rpc::Code as Upstream;
use http::StatusCode;

use crate::error::Code;

/// The status of a code wherever it has one of its own: in REST, and around GraphQL.
pub fn of(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => Upstream::Unauthenticated.http(),
        Code::Forbidden | Code::CrossSite => Upstream::Forbidden.http(),
        Code::NotFound | Code::NoSuchPath => Upstream::NotFound.http(),
        Code::Invalid => Upstream::Invalid.http(),
        Code::Conflict => Upstream::Conflict.http(),
        Code::VersionMismatch => Upstream::VersionMismatch.http(),
        Code::QuotaExceeded => Upstream::QuotaExceeded.http(),
        Code::RateLimited | Code::Connections | Code::Subscriptions => Upstream::RateLimited.http(),
        Code::Overloaded | Code::Unavailable => Upstream::Unavailable.http(),
        Code::DeadlineExceeded => Upstream::DeadlineExceeded.http(),
        Code::Internal => Upstream::Internal.http(),
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::MisdirectedRequest => StatusCode::MISDIRECTED_REQUEST,
        Code::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::BadRequest
        | Code::Batch
        | Code::PersistedQueryNotFound
        | Code::PersistedQueryNotSupported
        | Code::PersistedQueryNotInList
        | Code::PersistedQueryIdRequired
        | Code::ParseFailed
        | Code::ValidationFailed
        | Code::IntrospectionDisabled
        | Code::DocumentLength
        | Code::Tokens
        | Code::Nesting
        | Code::FragmentCycle
        | Code::Depth
        | Code::Selections
        | Code::Aliases
        | Code::RootFields
        | Code::CredentialMutations
        | Code::Directives
        | Code::DirectivesPerField
        | Code::PageSize
        | Code::Cost => StatusCode::BAD_REQUEST,
    }
}

/// The status of a GraphQL request that was refused before execution.
pub fn of_refusal(code: Code, media: MediaType) -> StatusCode {
    let about_the_operation =
        matches!(code, Code::Invalid | Code::Conflict | Code::VersionMismatch | Code::QuotaExceeded)
            || (of(code) == StatusCode::BAD_REQUEST && code != Code::BadRequest);
    match media {
        _ if !about_the_operation => of(code),
        MediaType::GraphqlResponse => StatusCode::BAD_REQUEST,
        MediaType::Json | MediaType::EventStream => StatusCode::OK,
    }
}

/// The status of an answer that was executed. `faults` are the codes of its errors.
///
/// 200, also with partial data. Only when there is nothing at all because every field failed for the same outage is that
/// said in the status too, so that proxies and clients wait as `Retry-After` tells.
pub fn of_execution(has_data: bool, faults: &[Code]) -> StatusCode {
    let all = |codes: &[Code]| !has_data && !faults.is_empty() && faults.iter().all(|fault| codes.contains(fault));
    if all(&[Code::RateLimited]) {
        StatusCode::TOO_MANY_REQUESTS
    } else if all(&[Code::Unavailable, Code::RateLimited]) {
        StatusCode::SERVICE_UNAVAILABLE
    } else if all(&[Code::DeadlineExceeded, Code::Unavailable]) {
        StatusCode::GATEWAY_TIMEOUT
    } else {
        StatusCode::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_graphql_refusals_depend_on_the_media_type() {
        for code in Code::ALL {
            let strict = of_refusal(*code, MediaType::GraphqlResponse);
            let legacy = of_refusal(*code, MediaType::Json);
            assert!(strict.is_client_error() || strict.is_server_error(), "{code:?}");
            assert!(legacy == strict || (strict == StatusCode::BAD_REQUEST && legacy == StatusCode::OK), "{code:?}");
        }
    }

    #[test]
    fn requests_that_the_transport_refuses_have_the_status_of_their_code() {
        use curtail_graphql_http::Code as Graphql;
        for code in [Graphql::BadRequest, Graphql::NotAcceptable, Graphql::Subscriptions, Graphql::Batch, Graphql::Cost]
        {
            for media in [MediaType::GraphqlResponse, MediaType::Json] {
                assert_eq!(of_refusal(code.into(), media), code.status(media), "{code:?}");
            }
        }
    }

    #[test]
    fn upstream_codes_have_the_status_of_their_table() {
        for code in Upstream::ALL {
            assert_eq!(of(code.into()), code.http(), "{code}");
        }
    }

    #[test]
    fn an_outage_of_everything_is_said_in_the_status() {
        assert_eq!(of_execution(false, &[Code::Unavailable, Code::Unavailable]), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(of_execution(false, &[Code::Unavailable, Code::Internal]), StatusCode::OK);
        assert_eq!(of_execution(true, &[Code::Unavailable]), StatusCode::OK);
        assert_eq!(of_execution(false, &[Code::DeadlineExceeded]), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(of_execution(false, &[Code::RateLimited]), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(of_execution(false, &[]), StatusCode::OK);
    }
}
