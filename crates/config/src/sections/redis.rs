//! Section `redis`.

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// Redis, which carries the streams and the shared caches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Redis 7 or newer with AOF and noeviction: it carries the streams.
    pub url: Secret,
    /// Connections of one process for commands that do not block.
    pub pool_size: usize,
    /// The longest a command may take.
    pub command_timeout_ms: u64,
}

impl Redis {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::store_url(errors, "redis.url", &self.url, &["redis", "rediss"]);
    }
}
