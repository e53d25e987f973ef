//! The closed list of error codes, mapped once to gRPC and HTTP.

use std::fmt;

/// Why a call failed, as far as a caller can act on it. `docs/use/errors.md` is this table in prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No credential, or one that is not valid.
    Unauthenticated,
    /// The caller may see the thing but not do this with it.
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// A value is outside of its bounds; the same request will never succeed.
    Invalid,
    /// The thing clashes with one that exists.
    Conflict,
    /// The thing has changed since the caller read it.
    VersionMismatch,
    /// The plan does not allow more.
    QuotaExceeded,
    /// Too many requests in too short a time.
    RateLimited,
    /// A dependency is unavailable or overloaded.
    Unavailable,
    /// The time ran out; the thing may or may not have been done.
    DeadlineExceeded,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// All codes, in the order of the documentation.
    pub const ALL: [Code; 11] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Invalid,
        Self::Conflict,
        Self::VersionMismatch,
        Self::QuotaExceeded,
        Self::RateLimited,
        Self::Unavailable,
        Self::DeadlineExceeded,
        Self::Internal,
    ];

    /// The stable name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Invalid => "INVALID",
            Self::Conflict => "CONFLICT",
            Self::VersionMismatch => "VERSION_MISMATCH",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code of a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// The gRPC status code. Quota and rate share one, therefore the name travels beside it.
    pub const fn grpc(self) -> tonic::Code {
        match self {
            Self::Unauthenticated => tonic::Code::Unauthenticated,
            Self::Forbidden => tonic::Code::PermissionDenied,
            Self::NotFound => tonic::Code::NotFound,
            Self::Invalid => tonic::Code::InvalidArgument,
            Self::Conflict => tonic::Code::AlreadyExists,
            Self::VersionMismatch => tonic::Code::Aborted,
            Self::QuotaExceeded | Self::RateLimited => tonic::Code::ResourceExhausted,
            Self::Unavailable => tonic::Code::Unavailable,
            Self::DeadlineExceeded => tonic::Code::DeadlineExceeded,
            Self::Internal => tonic::Code::Internal,
        }
    }

    /// The code that a status of a foreign server comes closest to.
    pub const fn from_grpc(code: tonic::Code) -> Self {
        match code {
            tonic::Code::Unauthenticated => Self::Unauthenticated,
            tonic::Code::PermissionDenied => Self::Forbidden,
            tonic::Code::NotFound => Self::NotFound,
            tonic::Code::InvalidArgument => Self::Invalid,
            tonic::Code::AlreadyExists => Self::Conflict,
            tonic::Code::Aborted => Self::VersionMismatch,
            tonic::Code::ResourceExhausted => Self::RateLimited,
            tonic::Code::Unavailable => Self::Unavailable,
            tonic::Code::DeadlineExceeded => Self::DeadlineExceeded,
            _ => Self::Internal,
        }
    }

    /// The HTTP status.
    pub const fn http(self) -> http::StatusCode {
        match self {
            Self::Unauthenticated => http::StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::QuotaExceeded => http::StatusCode::FORBIDDEN,
            Self::NotFound => http::StatusCode::NOT_FOUND,
            Self::Invalid => http::StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict => http::StatusCode::CONFLICT,
            Self::VersionMismatch => http::StatusCode::PRECONDITION_FAILED,
            Self::RateLimited => http::StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => http::StatusCode::SERVICE_UNAVAILABLE,
            Self::DeadlineExceeded => http::StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => http::StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The public message when there is nothing more exact to say.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unauthenticated => "a valid credential is needed",
            Self::Forbidden => "this is not allowed",
            Self::NotFound => "there is no such thing",
            Self::Invalid => "a value is not valid",
            Self::Conflict => "it exists already",
            Self::VersionMismatch => "it has changed since it was read",
            Self::QuotaExceeded => "the plan does not allow more",
            Self::RateLimited => "too many requests, try again later",
            Self::Unavailable => "the service is not available, try again",
            Self::DeadlineExceeded => "the time ran out",
            Self::Internal => "something went wrong on our side",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), Some(code));
        }
        assert_eq!(Code::from_name("OK"), None);
        assert_eq!(Code::from_name("not_found"), None);
    }

    #[test]
    fn every_code_survives_grpc_but_the_two_that_share_one() {
        for code in Code::ALL {
            let expected = if code == Code::QuotaExceeded { Code::RateLimited } else { code };
            assert_eq!(Code::from_grpc(code.grpc()), expected);
        }
        assert_eq!(Code::from_grpc(tonic::Code::Unknown), Code::Internal);
    }
}
