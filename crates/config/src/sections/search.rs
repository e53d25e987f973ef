//! Section `search`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, forms};

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
}

impl Search {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "search", self.listen, self.admin_listen);
        if self.index_dir.is_empty() {
            errors.add("search.index_dir", "must name a directory");
        }
    }
}
