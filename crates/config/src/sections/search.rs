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
}

impl Search {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "search", self.listen, self.admin_listen);
    }
}
