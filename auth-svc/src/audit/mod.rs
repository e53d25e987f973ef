//! The audit log: actor, action, origin, and the values before and after (S38).
//!
//! An entry is written in the transaction of the action, so that neither exists without the other. It never contains secrets.

pub(crate) mod store;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{ListAuditLogRequest, ListAuditLogResponse};
use curtail_rpc::UserCaller;
use curtail_tokens::{Role, Scope};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::audit::store::{AuditRecord, LogOwner, NewAuditRecord, Page};
use crate::caller::require_session;
use crate::domain::ClientInfo;
use crate::{App, Error};

pub(crate) async fn list_audit_log(
    app: &App,
    request: Request<ListAuditLogRequest>,
) -> Result<ListAuditLogResponse, Error> {
    let caller = curtail_rpc::user(&request)?;
    let message = request.get_ref();
    let page = page(message)?;
    let (entries, has_more) = match message.workspace_id {
        0 => {
            require_session(caller)?;
            of_account(app, caller.user_id, page).await?
        }
        workspace_id => of_workspace(app, caller, workspace_id, page).await?,
    };
    Ok(ListAuditLogResponse { entries: entries.into_iter().map(AuditRecord::into_proto).collect(), has_more })
}

fn page(message: &ListAuditLogRequest) -> Result<Page, Error> {
    if !(1..=100).contains(&message.limit) {
        return Err(Error::LIMIT_INVALID);
    }
    let after = match message.cursor.as_str() {
        "" => None,
        cursor => Some(cursor.parse::<i64>().map_err(|_| Error::CURSOR_INVALID)?),
    };
    Ok(Page { limit: i64::from(message.limit), after, backwards: message.backwards })
}

/// The kind of actor. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorKind {
    /// A signed-in user, or one who redeemed the token of a mail.
    User = 1,
    ApiKey = 2,
    /// An operator at the command line.
    Operator = 3,
    /// The platform by itself.
    Platform = 4,
}

/// The actor and the network of its client.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    kind: ActorKind,
    user_id: Option<i64>,
    api_key_id: Option<i64>,
    ip_prefix: String,
}

impl Actor {
    /// The caller of an RPC.
    pub(crate) fn from_caller(caller: &UserCaller, client: Option<&ClientInfo>) -> Self {
        let kind = if caller.api_key_id.is_some() { ActorKind::ApiKey } else { ActorKind::User };
        let ip_prefix = client.map(ClientInfo::ip_prefix).unwrap_or_default();
        Self { kind, user_id: Some(caller.user_id), api_key_id: caller.api_key_id, ip_prefix }
    }

    /// A user who has just been identified.
    pub(crate) fn user(id: i64, ip_prefix: String) -> Self {
        Self { kind: ActorKind::User, user_id: Some(id), api_key_id: None, ip_prefix }
    }

    /// An operator at the command line.
    pub(crate) fn operator() -> Self {
        Self { kind: ActorKind::Operator, user_id: None, api_key_id: None, ip_prefix: String::new() }
    }

    /// The platform, because of an anonymous client.
    pub(crate) fn platform(ip_prefix: String) -> Self {
        Self { kind: ActorKind::Platform, user_id: None, api_key_id: None, ip_prefix }
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct AuditEntry(NewAuditRecord);

impl AuditEntry {
    /// `action` is a noun and a verb in the past: `session.opened`.
    pub(crate) fn new(action: &'static str, actor: &Actor, at: OffsetDateTime) -> Self {
        Self(NewAuditRecord {
            at,
            workspace_id: None,
            account_id: None,
            actor_kind: actor.kind as i16,
            actor_user_id: actor.user_id,
            actor_api_key_id: actor.api_key_id,
            ip_prefix: actor.ip_prefix.clone(),
            action,
            target_id: None,
            before: None,
            after: None,
        })
    }

    pub(crate) fn account(mut self, id: i64) -> Self {
        self.0.account_id = Some(id);
        self
    }

    /// Shown to the admins of this workspace.
    pub(crate) fn workspace(mut self, id: i64) -> Self {
        self.0.workspace_id = Some(id);
        self
    }

    /// What it was done to.
    pub(crate) fn target(mut self, id: i64) -> Self {
        self.0.target_id = Some(id);
        self
    }

    pub(crate) fn before(mut self, before: Value) -> Self {
        self.0.before = Some(before);
        self
    }

    pub(crate) fn after(mut self, after: Value) -> Self {
        self.0.after = Some(after);
        self
    }

    pub(crate) async fn record(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        store::insert(conn, &self.0).await
    }
}

/// The log of the caller's own account, newest first.
pub(crate) async fn of_account(app: &App, user_id: i64, page: Page) -> Result<(Vec<AuditRecord>, bool), Error> {
    Ok(store::page(&app.pool, LogOwner::Account(user_id), page).await?)
}

/// The log of a workspace, newest first; for its admins.
pub(crate) async fn of_workspace(
    app: &App,
    caller: &UserCaller,
    workspace_id: i64,
    page: Page,
) -> Result<(Vec<AuditRecord>, bool), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(store::page(&app.pool, LogOwner::Workspace(workspace_id), page).await?)
}

impl AuditRecord {
    pub(crate) fn into_proto(self) -> wire::AuditEntry {
        let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
        wire::AuditEntry {
            id: self.id,
            at: Some(curtail_proto::timestamp(self.at)),
            action: self.action,
            actor_kind: self.actor_kind.into(),
            actor_user_id: self.actor_user_id.unwrap_or(0),
            actor_api_key_id: self.actor_api_key_id.unwrap_or(0),
            ip_prefix: self.ip_prefix,
            target_id: self.target_id.unwrap_or(0),
            before: text(self.before),
            after: text(self.after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded_at_their_edges() {
        let ask = |limit, cursor: &str| {
            page(&ListAuditLogRequest { limit, cursor: cursor.into(), ..Default::default() }).is_ok()
        };
        assert!(ask(1, "") && ask(100, "7"));
        assert!(!ask(0, "") && !ask(101, "") && !ask(1, "x"));
    }
}
