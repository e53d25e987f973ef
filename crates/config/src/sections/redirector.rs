//! Section `redirector`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// redirector-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirector {
    /// Address and port for HTTP; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Threads that serve; 0: one for each core.
    pub threads: usize,
    /// Links kept in the process.
    pub cache_entries: usize,
    /// Life of an entry in the process, at the least.
    pub cache_ttl_seconds: u64,
    /// Life of an entry in the process, at the most; popular codes reach it.
    pub cache_ttl_max_seconds: u64,
    /// Life of the knowledge that a code does not exist.
    pub negative_ttl_seconds: u64,
    /// Life of an entry in Redis.
    pub shared_ttl_seconds: u64,
    /// How long a visitor waits for a code that is not in the process.
    pub fill_timeout_ms: u64,
    /// Cache-Control max-age of permanent redirects (301, 308); temporary ones are never stored.
    pub permanent_max_age_seconds: u64,
    /// Requests per second of one address; 0: no limit.
    pub ip_per_second: u32,
    /// Requests of one address at once.
    pub ip_burst: u32,
    /// 404 answers per minute that one address may collect before 429; 0: no limit.
    pub not_found_per_minute: u32,
    /// Directory of the click spool.
    pub spool_dir: String,
    /// The most bytes the spool may take before clicks are dropped under a reason.
    pub spool_max_bytes: u64,
    /// Size in bytes at which a segment is closed.
    pub spool_segment_bytes: u64,
    /// How often the spool is flushed to the disk; 0: left to the system.
    pub spool_fsync_ms: u64,
    /// The most clicks in one stream entry.
    pub ship_batch: usize,
    /// How long a click may wait for company.
    pub ship_linger_ms: u64,
    /// Clicks shipped but not yet counted; shipping pauses above it.
    pub ship_window: u64,
    /// Secret: 32 bytes in hexadecimal, the same for all redirectors. The visitor hash of a day is keyed with it.
    pub visitor_key: Secret,
    /// Longest header block of a request, in bytes.
    pub max_header_bytes: usize,
    /// How long a client may take to send its headers.
    pub header_timeout_ms: u64,
    /// Open connections; fewer where the system allows fewer open files.
    pub max_connections: usize,
    /// Of them, those of one address (of IPv6: of one /64); proxies.trusted are exempt.
    pub max_connections_per_address: usize,
}

impl Redirector {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "redirector", self.listen, self.admin_listen);
        forms::key32(errors, "redirector.visitor_key", &self.visitor_key);
        forms::ordered(
            errors,
            ("redirector.cache_ttl_seconds", self.cache_ttl_seconds),
            ("redirector.cache_ttl_max_seconds", self.cache_ttl_max_seconds),
        );
        forms::ordered(
            errors,
            ("redirector.spool_segment_bytes", self.spool_segment_bytes),
            ("redirector.spool_max_bytes", self.spool_max_bytes),
        );
        if self.spool_dir.is_empty() {
            errors.add("redirector.spool_dir", "must name a directory");
        }
    }
}
