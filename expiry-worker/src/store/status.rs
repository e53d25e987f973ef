//! How jobs stand.

use std::collections::BTreeMap;

use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

/// What is on record of a job.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due_at: OffsetDateTime,
    /// Who ran it last.
    pub worker: Option<String>,
    /// When its last run began; none: it never ran.
    pub started_at: Option<OffsetDateTime>,
    /// When that ended; none: it runs, or its worker was killed.
    pub ended_at: Option<OffsetDateTime>,
    /// `done` or `failed`.
    pub outcome: Option<String>,
    /// What it did.
    pub counts: Option<Json<BTreeMap<String, u64>>>,
    /// Why it failed.
    pub error: Option<String>,
}

/// All jobs that are on record, by name.
pub(crate) async fn all(pool: &PgPool) -> Result<Vec<Status>, sqlx::Error> {
    sqlx::query_as("select name, due_at, worker, started_at, ended_at, outcome, counts, error from jobs order by name")
        .fetch_all(pool)
        .await
}
