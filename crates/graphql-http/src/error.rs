//! Why a request is refused before its operation is executed.

use std::borrow::Cow;

/// The kind of a [`RequestError`]. Clients may switch on its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request is not a GraphQL request: JSON or a parameter of it is malformed.
    BadRequest,
    /// Neither GET nor POST, or a mutation by GET.
    MethodNotAllowed,
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType,
    /// `Accept` names nothing that can be sent.
    NotAcceptable,
    /// More operations in one array than allowed.
    Batch,
    /// As many operations run on one socket as allowed.
    Subscriptions,
    /// No document with this hash is known: send it with its hash once.
    PersistedQueryNotFound,
    /// Documents are not registered by their hash.
    PersistedQueryNotSupported,
    /// The manifest has no document with this hash or id.
    PersistedQueryNotInList,
    /// Documents are only accepted by their hash or id.
    PersistedQueryIdRequired,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema, or the variables do not fit the document.
    ValidationFailed,
    /// The document is longer than allowed.
    DocumentLength,
    /// More tokens than allowed.
    Tokens,
    /// Brackets or fragments nested deeper than allowed.
    Nesting,
    /// A fragment contains itself.
    FragmentCycle,
    /// Fields nested deeper than allowed.
    Depth,
    /// More selections than allowed once fragments are expanded.
    Selections,
    /// More aliases than allowed.
    Aliases,
    /// More root fields than allowed.
    RootFields,
    /// More mutations that try a credential than allowed.
    CredentialMutations,
    /// More directives than allowed.
    Directives,
    /// More directives on one selection than allowed.
    DirectivesPerField,
    /// A page larger than allowed.
    PageSize,
    /// The operation costs more than allowed.
    Cost,
}

impl Code {
    /// The code as clients see it, in `extensions.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::Batch => "BATCH_TOO_LARGE",
            Self::Subscriptions => "TOO_MANY_SUBSCRIPTIONS",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::PersistedQueryNotInList => "PERSISTED_QUERY_NOT_IN_LIST",
            Self::PersistedQueryIdRequired => "PERSISTED_QUERY_ID_REQUIRED",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::DocumentLength => "DOCUMENT_TOO_LONG",
            Self::Tokens => "TOO_MANY_TOKENS",
            Self::Nesting => "NESTED_TOO_DEEP",
            Self::FragmentCycle => "FRAGMENT_CYCLE",
            Self::Depth => "TOO_DEEP",
            Self::Selections => "TOO_MANY_SELECTIONS",
            Self::Aliases => "TOO_MANY_ALIASES",
            Self::RootFields => "TOO_MANY_ROOT_FIELDS",
            Self::CredentialMutations => "TOO_MANY_CREDENTIAL_MUTATIONS",
            Self::Directives => "TOO_MANY_DIRECTIVES",
            Self::DirectivesPerField => "TOO_MANY_DIRECTIVES_ON_A_FIELD",
            Self::PageSize => "PAGE_TOO_LARGE",
            Self::Cost => "TOO_EXPENSIVE",
        }
    }
}

/// A request error: the operation was not executed (GraphQL specification, section 7.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError {
    /// Its kind.
    pub code: Code,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// The bound that was exceeded, if it is one.
    pub limit: Option<u64>,
}

impl RequestError {
    /// Creates an error that is not about a bound.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), limit: None }
    }

    /// Names the bound.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit as u64), ..self }
    }
}
