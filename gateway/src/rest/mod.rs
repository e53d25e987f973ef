//! The REST API.

use http::Method;

/// One operation of the API: what a method does at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `operationId` of the OpenAPI document, and the operation's name in log and metrics.
    pub id: &'static str,
    /// The method.
    pub method: Method,
    /// The path in the notation of axum and OpenAPI: `{id}` stands for a segment.
    pub path: &'static str,
    /// Whether it is for everybody; all others need a credential.
    pub public: bool,
}

const fn operation(id: &'static str, method: Method, path: &'static str, public: bool) -> Operation {
    Operation { id, method, path, public }
}

/// All operations of the REST API.
pub const OPERATIONS: &[Operation] = &[
    operation("createLink", Method::POST, routes::gateway::LINKS, false),
    operation("listLinks", Method::GET, routes::gateway::LINKS, false),
    operation("createLinks", Method::POST, routes::gateway::LINKS_BULK, false),
    operation("getLink", Method::GET, routes::gateway::LINK, false),
    operation("updateLink", Method::PATCH, routes::gateway::LINK, false),
    operation("deleteLink", Method::DELETE, routes::gateway::LINK, false),
    operation("restoreLink", Method::POST, routes::gateway::LINK_RESTORE, false),
    operation("getLinkStats", Method::GET, routes::gateway::LINK_STATS, false),
    operation("getLinkQr", Method::GET, routes::gateway::LINK_QR, false),
    operation("getStats", Method::GET, routes::gateway::STATS, false),
    operation("searchLinks", Method::GET, routes::gateway::SEARCH, false),
    operation("listApiKeys", Method::GET, routes::gateway::API_KEYS, false),
    operation("createApiKey", Method::POST, routes::gateway::API_KEYS, false),
    operation("revokeApiKey", Method::DELETE, routes::gateway::API_KEY, false),
    operation("exportClicks", Method::GET, routes::gateway::EXPORT, false),
    operation("shorten", Method::POST, routes::gateway::SHORTEN, false),
    operation("getCodeStats", Method::GET, routes::gateway::CODE_STATS, false),
    operation("getOpenApi", Method::GET, routes::gateway::OPENAPI, true),
];
