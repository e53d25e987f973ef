//! The codes that clients of the gateway see, and an answer that says no before anything was executed.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use curtail_graphql_http::{Code as Graphql, RequestError};
use curtail_rpc::Code as Upstream;
use http::StatusCode;

/// Declares the closed list of codes once: variant, text and meaning.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// `extensions.code` of an error. A closed list: clients may switch on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// The credential is missing, wrong, expired or revoked.
    Unauthenticated = "UNAUTHENTICATED",
    /// The caller is known and may not do this.
    Forbidden = "FORBIDDEN",
    /// It does not exist, or the caller may not know that it does.
    NotFound = "NOT_FOUND",
    /// A value is outside of its bounds.
    Invalid = "INVALID",
    /// It contradicts what is stored.
    Conflict = "CONFLICT",
    /// It was changed since it was read.
    VersionMismatch = "VERSION_MISMATCH",
    /// The plan's quota is used up.
    QuotaExceeded = "QUOTA_EXCEEDED",
    /// Too many requests; see `Retry-After`.
    RateLimited = "RATE_LIMITED",
    /// A dependency is away; see `Retry-After`.
    Unavailable = "UNAVAILABLE",
    /// The time for the request was used up.
    DeadlineExceeded = "DEADLINE_EXCEEDED",
    /// A fault of ours; the request id finds it in the log.
    Internal = "INTERNAL",

    /// The request is not a GraphQL request: JSON or a parameter of it is malformed.
    BadRequest = "BAD_REQUEST",
    /// Neither GET nor POST, or a mutation by GET.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// There is nothing at this path.
    NoSuchPath = "NO_SUCH_PATH",
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// More operations in one array than allowed.
    Batch = "BATCH_TOO_LARGE",
    /// `Accept` names nothing that can be sent.
    NotAcceptable = "NOT_ACCEPTABLE",
    /// The body is longer than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The header block is longer than allowed.
    HeadersTooLarge = "HEADERS_TOO_LARGE",
    /// The request names a host that is not ours.
    MisdirectedRequest = "MISDIRECTED_REQUEST",
    /// A browser sent it from a page of another origin.
    CrossSite = "CROSS_SITE_REQUEST",
    /// All places are taken; see `Retry-After`.
    Overloaded = "OVERLOADED",
    /// As many connections of one user stay open as allowed.
    Connections = "TOO_MANY_CONNECTIONS",
    /// As many operations run on one socket as allowed.
    Subscriptions = "TOO_MANY_SUBSCRIPTIONS",

    /// No document with this hash is known: send it with its hash once.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// The gateway does not learn documents by their hash.
    PersistedQueryNotSupported = "PERSISTED_QUERY_NOT_SUPPORTED",
    /// The manifest has no document with this hash or id.
    PersistedQueryNotInList = "PERSISTED_QUERY_NOT_IN_LIST",
    /// Documents are only taken by their hash or id.
    PersistedQueryIdRequired = "PERSISTED_QUERY_ID_REQUIRED",

    /// The document is not GraphQL.
    ParseFailed = "GRAPHQL_PARSE_FAILED",
    /// The document does not fit the schema, or the variables do not fit the document.
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED",
    /// The schema is not shown to this caller.
    IntrospectionDisabled = "INTROSPECTION_DISABLED",
    /// The document is longer than allowed.
    DocumentLength = "DOCUMENT_TOO_LONG",
    /// More tokens than allowed.
    Tokens = "TOO_MANY_TOKENS",
    /// Brackets or fragments nested deeper than allowed.
    Nesting = "NESTED_TOO_DEEP",
    /// A fragment contains itself.
    FragmentCycle = "FRAGMENT_CYCLE",
    /// Fields nested deeper than allowed.
    Depth = "TOO_DEEP",
    /// More selections than allowed once fragments are expanded.
    Selections = "TOO_MANY_SELECTIONS",
    /// More aliases than allowed.
    Aliases = "TOO_MANY_ALIASES",
    /// More root fields than allowed.
    RootFields = "TOO_MANY_ROOT_FIELDS",
    /// More mutations that take a credential than allowed.
    CredentialMutations = "TOO_MANY_CREDENTIAL_MUTATIONS",
    /// More directives than allowed.
    Directives = "TOO_MANY_DIRECTIVES",
    /// More directives on one selection than allowed.
    DirectivesPerField = "TOO_MANY_DIRECTIVES_ON_A_FIELD",
    /// A page larger than allowed.
    PageSize = "PAGE_TOO_LARGE",
    /// The operation costs more than allowed.
    Cost = "TOO_EXPENSIVE",
}

impl Code {
    /// Finds the code by its text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl From<Graphql> for Code {
    fn from(code: Graphql) -> Self {
        match code {
            Graphql::BadRequest => Self::BadRequest,
            Graphql::MethodNotAllowed => Self::MethodNotAllowed,
            Graphql::UnsupportedMediaType => Self::UnsupportedMediaType,
            Graphql::NotAcceptable => Self::NotAcceptable,
            Graphql::Batch => Self::Batch,
            Graphql::Subscriptions => Self::Subscriptions,
            Graphql::PersistedQueryNotFound => Self::PersistedQueryNotFound,
            Graphql::PersistedQueryNotSupported => Self::PersistedQueryNotSupported,
            Graphql::PersistedQueryNotInList => Self::PersistedQueryNotInList,
            Graphql::PersistedQueryIdRequired => Self::PersistedQueryIdRequired,
            Graphql::ParseFailed => Self::ParseFailed,
            Graphql::ValidationFailed => Self::ValidationFailed,
            Graphql::DocumentLength => Self::DocumentLength,
            Graphql::Tokens => Self::Tokens,
            Graphql::Nesting => Self::Nesting,
            Graphql::FragmentCycle => Self::FragmentCycle,
            Graphql::Depth => Self::Depth,
            Graphql::Selections => Self::Selections,
            Graphql::Aliases => Self::Aliases,
            Graphql::RootFields => Self::RootFields,
            Graphql::CredentialMutations => Self::CredentialMutations,
            Graphql::Directives => Self::Directives,
            Graphql::DirectivesPerField => Self::DirectivesPerField,
            Graphql::PageSize => Self::PageSize,
            Graphql::Cost => Self::Cost,
        }
    }
}

impl From<Upstream> for Code {
    fn from(code: Upstream) -> Self {
        match code {
            Upstream::Unauthenticated => Self::Unauthenticated,
            Upstream::Forbidden => Self::Forbidden,
            Upstream::NotFound => Self::NotFound,
            Upstream::Invalid => Self::Invalid,
            Upstream::Conflict => Self::Conflict,
            Upstream::VersionMismatch => Self::VersionMismatch,
            Upstream::QuotaExceeded => Self::QuotaExceeded,
            Upstream::RateLimited => Self::RateLimited,
            Upstream::Unavailable => Self::Unavailable,
            Upstream::DeadlineExceeded => Self::DeadlineExceeded,
            Upstream::Internal => Self::Internal,
        }
    }
}

/// A request that is answered without being executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// For people; never holds internal text.
    pub message: Cow<'static, str>,
    /// The bound that was passed, if it is one.
    pub limit: Option<u64>,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// Whether it is the document that is not for a stranger. The request itself is good, so the status is that of a document
    /// that does not fit: a stranger does not learn which of the two it is.
    pub of_document: bool,
}

impl Refusal {
    /// A refusal with `code`.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), limit: None, retry_after: None, of_document: false }
    }

    /// What a stranger is told who asks for something that is not for strangers, or that is not there.
    pub fn sign_in_first() -> Self {
        Self { of_document: true, ..Self::new(Code::Unauthenticated, "sign in to do this") }
    }

    /// A fault of ours. The log has the cause, found by the request id.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "something went wrong on our side")
    }

    /// The time for the request is over.
    pub fn deadline_exceeded() -> Self {
        Self::new(Code::DeadlineExceeded, "the time for this request was used up")
    }

    /// Names the bound.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit as u64), ..self }
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }
}

/// The refusal as an extension of an empty response. Layers and handlers outside of the APIs refuse so, because the form of the
/// answer depends on the request: the layer around them renders it.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        Self { limit: error.limit, ..Self::new(error.code.into(), error.message) }
    }
}

impl From<&curtail_rpc::Error> for Refusal {
    fn from(error: &curtail_rpc::Error) -> Self {
        let refusal = Self::new(error.code.into(), error.message.clone());
        Self { retry_after: error.retry_after, ..refusal }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_found_by_their_text() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
        assert_eq!(Code::parse("SOMETHING_ELSE"), None);
    }

    #[test]
    fn codes_of_graphql_keep_their_text() {
        for code in [Graphql::BadRequest, Graphql::Batch, Graphql::PersistedQueryNotInList, Graphql::Cost] {
            assert_eq!(Code::from(code).as_str(), code.as_str());
        }
    }

    #[test]
    fn upstream_codes_keep_their_text() {
        for code in [Upstream::VersionMismatch, Upstream::DeadlineExceeded, Upstream::Unauthenticated] {
            assert_eq!(Code::from(code).as_str(), code.as_str());
        }
    }
}
