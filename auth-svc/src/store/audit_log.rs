//! Table `audit_log`.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// An action that was done.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// When.
    pub at: OffsetDateTime,
    /// In whose log it is shown.
    pub workspace_id: Option<i64>,
    /// In whose log it is shown.
    pub account_id: Option<i64>,
    /// 1 user, 2 API key, 3 operator, 4 the platform itself.
    pub actor_kind: i16,
    /// The user, or who made the key.
    pub actor_user_id: Option<i64>,
    /// The key.
    pub actor_api_key_id: Option<i64>,
    /// /24 or /48; empty when no client was seen.
    pub ip_prefix: String,
    /// `session.opened` and the like.
    pub action: &'static str,
    /// What it was done to.
    pub target_id: Option<i64>,
    /// What was before.
    pub before: Option<Value>,
    /// What is now.
    pub after: Option<Value>,
}

/// Inserts an entry.
pub async fn insert(conn: &mut PgConnection, entry: &NewEntry) -> Result<(), sqlx::Error> {
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
pub struct AuditEntry {
    /// In the order of writing.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// 1 user, 2 API key, 3 operator, 4 the platform itself.
    pub actor_kind: i16,
    /// The user, or who made the key.
    pub actor_user_id: Option<i64>,
    /// The key.
    pub actor_api_key_id: Option<i64>,
    /// /24 or /48; empty when no client was seen.
    pub ip_prefix: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub target_id: Option<i64>,
    /// What was before.
    pub before: Option<Value>,
    /// What is now.
    pub after: Option<Value>,
}

/// Whose log is read.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// A workspace's.
    Workspace(i64),
    /// An account's.
    Account(i64),
}

/// Which part of a log is read. It is ordered from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many entries.
    pub limit: i64,
    /// Where to go on: an entry's id.
    pub after: Option<i64>,
    /// Towards the newest.
    pub backwards: bool,
}

/// A page in the order of the log, and whether there is more in the direction walked.
pub async fn page(pool: &PgPool, of: Of, page: Page) -> Result<(Vec<AuditEntry>, bool), sqlx::Error> {
    let sql = match (of, page.backwards) {
        (Of::Workspace(_), false) => {
            "SELECT * FROM audit_log WHERE workspace_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        }
        (Of::Workspace(_), true) => {
            "SELECT * FROM audit_log WHERE workspace_id = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3"
        }
        (Of::Account(_), false) => {
            "SELECT * FROM audit_log WHERE account_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        }
        (Of::Account(_), true) => {
            "SELECT * FROM audit_log WHERE account_id = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3"
        }
    };
    let (Of::Workspace(id) | Of::Account(id)) = of;
    let query = sqlx::query_as(sql).bind(id).bind(page.after).bind(page.limit + 1);
    let mut entries: Vec<AuditEntry> = query.fetch_all(pool).await?;
    let has_more = entries.len() as i64 > page.limit;
    if has_more {
        entries.pop();
    }
    if page.backwards {
        entries.reverse();
    }
    Ok((entries, has_more))
}
