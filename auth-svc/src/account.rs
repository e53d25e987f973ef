//! The caller's own account, and the export of all data about it (S40).

use curtail_proto::auth::v1::{ExportAccountRequest, ExportAccountResponse, GetViewerRequest, GetViewerResponse};
use curtail_rpc::UserCaller;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tonic::Request;

use crate::audit::store::{LogOwner, Page};
use crate::audit::{Actor, AuditEntry};
use crate::caller::{require_read, require_session};
use crate::domain::ClientInfo;
use crate::users::User;
use crate::workspaces::store::Workspace;
use crate::{App, Error, api_keys, audit, sessions, users, workspaces};

pub(crate) async fn get_viewer(app: &App, request: Request<GetViewerRequest>) -> Result<GetViewerResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    require_read(caller)?;
    let (user, workspaces) = viewer(app, caller).await?;
    Ok(GetViewerResponse {
        user: Some(user.to_proto()),
        workspaces: workspaces.iter().map(Workspace::to_proto).collect(),
    })
}

pub(crate) async fn export_account(
    app: &App,
    request: Request<ExportAccountRequest>,
) -> Result<ExportAccountResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    require_session(caller)?;
    let actor = Actor::from_caller(caller, ClientInfo::optional(request.get_ref().client.clone()).as_ref());
    let account = export(app, &actor, caller.user_id).await?;
    Ok(ExportAccountResponse { json: account.to_string() })
}

/// The account with its workspaces; an API key sees only its own workspace.
pub(crate) async fn viewer(app: &App, caller: &UserCaller) -> Result<(User, Vec<Workspace>), Error> {
    let login = users::store::by_id(&app.pool, caller.user_id).await?.ok_or(Error::USER_NOT_FOUND)?;
    let mut workspaces = workspaces::store::of_user(&app.pool, caller.user_id).await?;
    if caller.api_key_id.is_some() {
        workspaces.retain(|workspace| caller.role_in(workspace.id).is_some());
    }
    Ok((login.user, workspaces))
}

/// Entries of the audit log in an export; older ones are read by pages.
pub(crate) const MAX_LOG_ENTRIES: i64 = 1000;

/// The account, its workspaces, sessions, API keys and log as one JSON object. Secrets and hashes are not part of it.
pub(crate) async fn export(app: &App, actor: &Actor, user_id: i64) -> Result<Value, Error> {
    let now = app.now();
    let user = users::store::by_id(&app.pool, user_id).await?.ok_or(Error::USER_NOT_FOUND)?.user;
    let workspaces = workspaces::store::of_user(&app.pool, user_id).await?;
    let sessions = sessions::store::live(&app.pool, user_id, now).await?;
    let keys = api_keys::store::of_creator(&app.pool, user_id).await?;
    let page = Page { limit: MAX_LOG_ENTRIES, after: None, backwards: false };
    let (log, _) = audit::store::page(&app.pool, LogOwner::Account(user_id), page).await?;
    let mut tx = app.pool.begin().await?;
    AuditEntry::new("account.exported", actor, now).account(user_id).target(user_id).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(json!({
        "account": {
            "id": user.id.to_string(), "email": user.email, "fullName": user.full_name,
            "emailVerifiedAt": user.email_verified_at.map(instant), "createdAt": instant(user.created_at),
            "platformAdmin": user.platform_admin,
        },
        "workspaces": workspaces.iter().map(|one| json!({
            "id": one.id.to_string(), "name": one.name, "personal": one.personal, "role": workspaces::role_name(one.role),
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

/// The database has only years that RFC 3339 can express.
fn instant(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
