//! Section `gateway`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Address and port for HTTP; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Shows introspection to anonymous callers and field suggestions; for machines of developers.
    pub development: bool,
    /// Serves GraphiQL at /playground from files of our own.
    pub playground: bool,
    /// Further host names under which the gateway may be called, beside that of domains.app_url. Others are answered 421.
    pub additional_hosts: Vec<String>,
    /// Cookies without Secure and the __Host- prefix, for plain http on localhost.
    pub insecure_cookies: bool,
    /// Origins that may call with credentials from a browser, beside domains.app_url.
    pub allowed_origins: Vec<String>,
    /// Nesting of one operation.
    pub max_depth: usize,
    /// Fields of one operation with its fragments expanded.
    pub max_selections: usize,
    /// Aliases of one operation.
    pub max_aliases: usize,
    /// Root fields of one operation.
    pub max_root_fields: usize,
    /// Mutations of one operation that take a password or a token.
    pub max_credential_mutations: usize,
    /// Longest document, in bytes; variables come beside it.
    pub max_document_bytes: usize,
    /// Tokens of one document.
    pub max_tokens: usize,
    /// Nesting that the parser follows.
    pub max_recursion: usize,
    /// Directives of one operation.
    pub max_directives: usize,
    /// Directives of one field.
    pub max_directives_per_field: usize,
    /// Cost of one operation: a field is one, a list multiplies by its size.
    pub max_cost: usize,
    /// Items of one page.
    pub max_page: usize,
    /// Longest body of a request, in bytes.
    pub max_body_bytes: usize,
    /// Longest header block of a request, in bytes.
    pub max_header_bytes: usize,
    /// How long a request may take; what is left of it goes to the services as their deadline.
    pub request_timeout_ms: u64,
    /// How long a client may take to send its headers.
    pub header_timeout_ms: u64,
    /// Open connections; fewer where the system allows fewer open files.
    pub max_connections: usize,
    /// Of them, those of one address (of IPv6: of one /64); proxies.trusted are exempt.
    pub max_connections_per_address: usize,
    /// How long a body may take before its least rate counts.
    pub body_timeout_ms: u64,
    /// The least rate of a body.
    pub body_bytes_per_second: u64,
    /// Bodies of one client address that are on their way at once.
    pub bodies_per_address: usize,
    /// How long a client may take no byte of a response.
    pub send_timeout_ms: u64,
    /// The least rate at which a response is taken after that time.
    pub send_bytes_per_second: u64,
    /// Bytes of HTTP/2 responses that wait for the client, per connection.
    pub waiting_bytes_per_connection: usize,
    /// Bytes of HTTP/2 responses that wait for the clients of one address; proxies.trusted are exempt.
    pub waiting_bytes_per_address: usize,
    /// Requests of one HTTP/2 connection that are worked on at once; proxies.trusted are exempt.
    pub calls_per_connection: usize,
    /// Requests at once.
    pub max_in_flight: usize,
    /// The longest wait for a place among them before 503.
    pub queue_ms: u64,
    /// Readiness goes off when this many requests were refused within shed_window_ms.
    pub shed_not_ready_count: u32,
    /// The window in which they are counted.
    pub shed_window_ms: u64,
    /// How long readiness then stays off.
    pub shed_not_ready_ms: u64,
    /// Requests per second of one address before any credential is looked at; 0: no limit.
    pub ip_per_second: u32,
    /// Requests of one address at once.
    pub ip_burst: u32,
    /// Anonymous requests per minute of one address, counted in Redis.
    pub anonymous_per_minute: u32,
    /// open: without Redis the shared limits let everything pass; closed: they refuse with 503.
    pub limiter_without_redis: String,
    /// Sockets and event streams that stay open at once.
    pub live_connections: usize,
    /// Of them, those of one user, or of one address without one.
    pub live_connections_per_user: usize,
    /// Operations at once on one socket.
    pub live_operations_per_socket: usize,
    /// How long a socket may wait with connection_init.
    pub live_init_timeout_ms: u64,
    /// How often a quiet connection is asked, or told, that it is still there.
    pub live_keep_alive_ms: u64,
    /// Parsed documents kept.
    pub document_cache_entries: usize,
    /// Documents that clients may register by their SHA-256 (automatic persisted queries); 0: none.
    pub persisted_query_entries: usize,
    /// Longer documents are not registered, in bytes.
    pub persisted_query_bytes: usize,
    /// File of documents that are found by their id; empty: none.
    pub persisted_manifest: String,
    /// Takes no documents but those of persisted_manifest.
    pub persisted_only: bool,
    /// Operations in one array; 0: arrays are refused.
    pub max_batch: usize,
}

impl Gateway {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "gateway", self.listen, self.admin_listen);
        for origin in &self.allowed_origins {
            forms::origin(errors, "gateway.allowed_origins", origin);
        }
        for host in &self.additional_hosts {
            forms::host(errors, "gateway.additional_hosts", host);
        }
        if self.persisted_only && self.persisted_manifest.is_empty() {
            errors.add("gateway.persisted_only", "needs persisted_manifest, or nothing could be asked");
        }
        forms::choice(errors, "gateway.limiter_without_redis", &self.limiter_without_redis, &["open", "closed"]);
    }
}
