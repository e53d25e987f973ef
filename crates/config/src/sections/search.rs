//! Section `search`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// search-worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Directory of the embedded index. One process at a time.
    pub index_dir: String,
    /// Secret: an Elasticsearch or OpenSearch to be used instead. Empty: the embedded index.
    pub elasticsearch_url: Secret,
    /// How the names of its indexes begin.
    pub elasticsearch_index: String,
}

impl Search {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "search", self.listen, self.admin_listen);
        if !self.elasticsearch_url.is_empty() {
            forms::store_url(errors, "search.elasticsearch_url", &self.elasticsearch_url, &["http", "https"]);
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = &self.elasticsearch_index;
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) || name.len() > 100 {
            errors.add(
                "search.elasticsearch_index",
                "must be 1-100 lower-case letters, digits and hyphens, a letter first",
            );
        }
        if self.index_dir.is_empty() {
            errors.add("search.index_dir", "must name a directory");
        }
    }
}
