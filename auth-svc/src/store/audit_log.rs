//! Table `audit_log`.

use serde_json::Value;
use sqlx::PgConnection;
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
