//! Everything that this service keeps of an account, for its owner (S40).

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    audit::{Actor, Entry},
    members::name,
};
use crate::{
    App, Error,
    store::{
        api_keys,
        audit_log::{self, Of, Page},
        sessions, users, workspaces,
    },
};

/// Entries of the audit log in an export; older ones are read by pages.
pub const MAX_LOG_ENTRIES: i64 = 1000;

/// The account, its workspaces, sessions, API keys and log as one JSON object. Secrets and hashes are not part of it.
pub async fn export(app: &App, actor: &Actor, user_id: i64) -> Result<Value, Error> {
    let now = app.now();
    let user = users::by_id(&app.pool, user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
    let workspaces = workspaces::of_user(&app.pool, user_id).await?;
    let sessions = sessions::live(&app.pool, user_id, now).await?;
    let keys = api_keys::of_creator(&app.pool, user_id).await?;
    let page = Page { limit: MAX_LOG_ENTRIES, after: None, backwards: false };
    let (log, _) = audit_log::page(&app.pool, Of::Account(user_id), page).await?;
    let mut tx = app.pool.begin().await?;
    Entry::new("account.exported", actor, now).account(user_id).target(user_id).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(json!({
        "account": {
            "id": user.id.to_string(), "email": user.email, "fullName": user.full_name,
            "emailVerifiedAt": user.email_verified_at.map(instant), "createdAt": instant(user.created_at),
            "platformAdmin": user.platform_admin,
        },
        "workspaces": workspaces.iter().map(|one| json!({
            "id": one.id.to_string(), "name": one.name, "personal": one.personal, "role": name(one.role),
        })).collect::<Vec<_>>(),
        "sessions": sessions.iter().map(|one| json!({
            "id": one.id.to_string(), "userAgent": one.user_agent, "ipPrefix": one.ip_prefix,
            "createdAt": instant(one.created_at), "lastSeenAt": instant(one.last_seen_at),
        })).collect::<Vec<_>>(),
        "apiKeys": keys.iter().map(|one| json!({
            "id": one.id.to_string(), "workspaceId": one.workspace_id.to_string(), "name": one.name,
            "prefix": one.prefix, "createdAt": instant(one.created_at), "lastUsedAt": one.last_used_at.map(instant),
        })).collect::<Vec<_>>(),
        "auditLog": log.iter().map(|one| json!({
            "at": instant(one.at), "action": one.action, "ipPrefix": one.ip_prefix, "before": one.before,
            "after": one.after,
        })).collect::<Vec<_>>(),
    }))
}

/// Instants of the database are years that RFC 3339 can write.
fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
