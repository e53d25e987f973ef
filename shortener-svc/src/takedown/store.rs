//! SQL of the table `takedowns`.

use curtail_proto::links::v1::Takedown;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;

use crate::link::time_field;

/// A take-down or a release.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Entry {
    /// The link.
    pub link_id: i64,
    /// `false` for a release.
    pub blocked: bool,
    /// For operators.
    pub reason: String,
    /// For the owner and visitors.
    pub public_reason: String,
    /// The administrator; 0 for the command line.
    pub operator_id: i64,
    /// When.
    pub at: OffsetDateTime,
}

impl From<Entry> for Takedown {
    fn from(entry: Entry) -> Self {
        Self {
            link_id: entry.link_id,
            blocked: entry.blocked,
            reason: entry.reason,
            public_reason: entry.public_reason,
            operator_id: entry.operator_id,
            at: Some(time_field::write(entry.at)),
        }
    }
}

/// Adds to the history.
pub async fn insert(conn: impl PgExecutor<'_>, entry: &Entry) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO takedowns (link_id, blocked, reason, public_reason, operator_id, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry.link_id)
    .bind(entry.blocked)
    .bind(&entry.reason)
    .bind(&entry.public_reason)
    .bind(entry.operator_id)
    .bind(entry.at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The history of a link, newest first.
pub async fn of_link(pool: &PgPool, link_id: i64) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT link_id, blocked, reason, public_reason, operator_id, at FROM takedowns WHERE link_id = $1
         ORDER BY id DESC LIMIT 100",
    )
    .bind(link_id)
    .fetch_all(pool)
    .await
}
