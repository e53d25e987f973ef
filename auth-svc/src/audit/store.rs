//! Table `audit_log`.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// An action that was done.
#[derive(Clone, Debug)]
pub(crate) struct NewAuditRecord {
    pub(crate) at: OffsetDateTime,
    /// The log that shows it.
    pub(crate) workspace_id: Option<i64>,
    /// The log that shows it.
    pub(crate) account_id: Option<i64>,
    /// Number of an `ActorKind`.
    pub(crate) actor_kind: i16,
    /// The user, or the creator of the key.
    pub(crate) actor_user_id: Option<i64>,
    pub(crate) actor_api_key_id: Option<i64>,
    /// /24 or /48; empty without a client.
    pub(crate) ip_prefix: String,
    /// `session.opened` and the like.
    pub(crate) action: &'static str,
    /// What it was done to.
    pub(crate) target_id: Option<i64>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

pub(crate) async fn insert(conn: &mut PgConnection, entry: &NewAuditRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO audit_log (at, workspace_id, account_id, actor_kind, actor_user_id, actor_api_key_id, ip_prefix,
                                action, target_id, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(entry.at)
    .bind(entry.workspace_id)
    .bind(entry.account_id)
    .bind(entry.actor_kind)
    .bind(entry.actor_user_id)
    .bind(entry.actor_api_key_id)
    .bind(&entry.ip_prefix)
    .bind(entry.action)
    .bind(entry.target_id)
    .bind(&entry.before)
    .bind(&entry.after)
    .execute(conn)
    .await?;
    Ok(())
}

/// An entry as it is read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AuditRecord {
    /// In the order of writing.
    pub(crate) id: i64,
    pub(crate) at: OffsetDateTime,
    /// Number of an `ActorKind`.
    pub(crate) actor_kind: i16,
    /// The user, or the creator of the key.
    pub(crate) actor_user_id: Option<i64>,
    pub(crate) actor_api_key_id: Option<i64>,
    /// /24 or /48; empty without a client.
    pub(crate) ip_prefix: String,
    pub(crate) action: String,
    /// What it was done to.
    pub(crate) target_id: Option<i64>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LogOwner {
    Workspace(i64),
    Account(i64),
}

/// Which part of a log is read. It is ordered from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) limit: i64,
    /// The id of the entry to continue after.
    pub(crate) after: Option<i64>,
    pub(crate) backwards: bool,
}

/// A page in the order of the log, and whether there is more in that direction.
pub(crate) async fn page(pool: &PgPool, of: LogOwner, page: Page) -> Result<(Vec<AuditRecord>, bool), sqlx::Error> {
    let sql = match (of, page.backwards) {
        (LogOwner::Workspace(_), false) => {
            "SELECT * FROM audit_log WHERE workspace_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        }
        (LogOwner::Workspace(_), true) => {
            "SELECT * FROM audit_log WHERE workspace_id = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3"
        }
        (LogOwner::Account(_), false) => {
            "SELECT * FROM audit_log WHERE account_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        }
        (LogOwner::Account(_), true) => {
            "SELECT * FROM audit_log WHERE account_id = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3"
        }
    };
    let (LogOwner::Workspace(id) | LogOwner::Account(id)) = of;
    let query = sqlx::query_as(sql).bind(id).bind(page.after).bind(page.limit + 1);
    let mut entries: Vec<AuditRecord> = query.fetch_all(pool).await?;
    let has_more = entries.len() as i64 > page.limit;
    if has_more {
        entries.pop();
    }
    if page.backwards {
        entries.reverse();
    }
    Ok((entries, has_more))
}
