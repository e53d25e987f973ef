//! Section `database`.

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// PostgreSQL.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// PostgreSQL 15 or newer. Each service keeps to a schema of its own.
    pub url: Secret,
    /// Connections of one process.
    pub max_connections: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout_ms: u64,
    /// The longest a single statement may run.
    pub statement_timeout_ms: u64,
}

impl Database {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::store_url(errors, "database.url", &self.url, &["postgres", "postgresql"]);
    }
}
