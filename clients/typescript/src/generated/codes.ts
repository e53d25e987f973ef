// Written by scripts/generate.js from gateway/src/error.rs.

/** Every code that an error can have. */
export const CODES = [
  /** The credential is missing, wrong, expired or revoked. */
  "UNAUTHENTICATED",
  /** The caller is known and may not do this. */
  "FORBIDDEN",
  /** It does not exist, or the caller may not know that it does. */
  "NOT_FOUND",
  /** A value is outside of its bounds. */
  "INVALID",
  /** It contradicts what is stored. */
  "CONFLICT",
  /** It was changed since it was read. */
  "VERSION_MISMATCH",
  /** The plan's quota is used up. */
  "QUOTA_EXCEEDED",
  /** Too many requests; see `Retry-After`. */
  "RATE_LIMITED",
  /** A dependency is away; see `Retry-After`. */
  "UNAVAILABLE",
  /** The time for the request was used up. */
  "DEADLINE_EXCEEDED",
  /** A fault of ours; the request id finds it in the log. */
  "INTERNAL",
  /** The request is not a GraphQL request: JSON or a parameter of it is malformed. */
  "BAD_REQUEST",
  /** Neither GET nor POST, or a mutation by GET. */
  "METHOD_NOT_ALLOWED",
  /** There is nothing at this path. */
  "NO_SUCH_PATH",
  /** The body is not `application/json` in UTF-8. */
  "UNSUPPORTED_MEDIA_TYPE",
  /** More operations in one array than allowed. */
  "BATCH_TOO_LARGE",
  /** `Accept` names nothing that can be sent. */
  "NOT_ACCEPTABLE",
  /** The body is longer than allowed. */
  "BODY_TOO_LARGE",
  /** The header block is longer than allowed. */
  "HEADERS_TOO_LARGE",
  /** The request names a host that is not ours. */
  "MISDIRECTED_REQUEST",
  /** A browser sent it from a page of another origin. */
  "CROSS_SITE_REQUEST",
  /** All places are taken; see `Retry-After`. */
  "OVERLOADED",
  /** As many connections of one user stay open as allowed. */
  "TOO_MANY_CONNECTIONS",
  /** As many operations run on one socket as allowed. */
  "TOO_MANY_SUBSCRIPTIONS",
  /** No document with this hash is known: send it with its hash once. */
  "PERSISTED_QUERY_NOT_FOUND",
  /** The gateway does not learn documents by their hash. */
  "PERSISTED_QUERY_NOT_SUPPORTED",
  /** The manifest has no document with this hash or id. */
  "PERSISTED_QUERY_NOT_IN_LIST",
  /** Documents are only taken by their hash or id. */
  "PERSISTED_QUERY_ID_REQUIRED",
  /** The document is not GraphQL. */
  "GRAPHQL_PARSE_FAILED",
  /** The document does not fit the schema, or the variables do not fit the document. */
  "GRAPHQL_VALIDATION_FAILED",
  /** The schema is not shown to this caller. */
  "INTROSPECTION_DISABLED",
  /** The document is longer than allowed. */
  "DOCUMENT_TOO_LONG",
  /** More tokens than allowed. */
  "TOO_MANY_TOKENS",
  /** Brackets or fragments nested deeper than allowed. */
  "NESTED_TOO_DEEP",
  /** A fragment contains itself. */
  "FRAGMENT_CYCLE",
  /** Fields nested deeper than allowed. */
  "TOO_DEEP",
  /** More selections than allowed once fragments are expanded. */
  "TOO_MANY_SELECTIONS",
  /** More aliases than allowed. */
  "TOO_MANY_ALIASES",
  /** More root fields than allowed. */
  "TOO_MANY_ROOT_FIELDS",
  /** More mutations that take a credential than allowed. */
  "TOO_MANY_CREDENTIAL_MUTATIONS",
  /** More directives than allowed. */
  "TOO_MANY_DIRECTIVES",
  /** More directives on one selection than allowed. */
  "TOO_MANY_DIRECTIVES_ON_A_FIELD",
  /** A page larger than allowed. */
  "PAGE_TOO_LARGE",
  /** The operation costs more than allowed. */
  "TOO_EXPENSIVE",
] as const;
