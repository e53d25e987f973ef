//! The audit log: who did what from where, with what was before and after (S38).
//!
//! An entry is written in the transaction of the action, so that neither is there without the other. Secrets never go into it.

use curtail_tokens::{Role, Scope};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    App, Error,
    domain::ClientInfo,
    store::audit_log::{self, AuditEntry, NewEntry, Of, Page},
};

/// What kind of actor it was. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Somebody signed in, or by a token from a mail.
    User = 1,
    /// A program.
    ApiKey = 2,
    /// Somebody at the command line.
    Operator = 3,
    /// Nobody: the platform by itself.
    Platform = 4,
}

/// Who did it and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    kind: ActorKind,
    user_id: Option<i64>,
    api_key_id: Option<i64>,
    ip_prefix: String,
}

impl Actor {
    /// The caller of an RPC.
    pub fn of(caller: &curtail_rpc::UserCaller, client: Option<&ClientInfo>) -> Self {
        let kind = if caller.api_key_id.is_some() { ActorKind::ApiKey } else { ActorKind::User };
        let ip_prefix = client.map(ClientInfo::ip_prefix).unwrap_or_default();
        Self { kind, user_id: Some(caller.user_id), api_key_id: caller.api_key_id, ip_prefix }
    }

    /// A user who has just been recognised.
    pub fn user(id: i64, ip_prefix: String) -> Self {
        Self { kind: ActorKind::User, user_id: Some(id), api_key_id: None, ip_prefix }
    }

    /// Somebody at the command line.
    pub fn operator() -> Self {
        Self { kind: ActorKind::Operator, user_id: None, api_key_id: None, ip_prefix: String::new() }
    }

    /// The platform, because of a client that nobody is known to be.
    pub fn platform(ip_prefix: String) -> Self {
        Self { kind: ActorKind::Platform, user_id: None, api_key_id: None, ip_prefix }
    }
}

/// An entry in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Entry(NewEntry);

impl Entry {
    /// `action` is a noun and what became of it: `session.opened`.
    pub fn new(action: &'static str, actor: &Actor, at: OffsetDateTime) -> Self {
        Self(NewEntry {
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

    /// Shown to this user.
    pub fn account(mut self, id: i64) -> Self {
        self.0.account_id = Some(id);
        self
    }

    /// Shown to the admins of this workspace.
    pub fn workspace(mut self, id: i64) -> Self {
        self.0.workspace_id = Some(id);
        self
    }

    /// What it was done to.
    pub fn target(mut self, id: i64) -> Self {
        self.0.target_id = Some(id);
        self
    }

    /// What was before.
    pub fn before(mut self, before: Value) -> Self {
        self.0.before = Some(before);
        self
    }

    /// What is now.
    pub fn after(mut self, after: Value) -> Self {
        self.0.after = Some(after);
        self
    }

    /// Writes it.
    pub async fn record(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        audit_log::insert(conn, &self.0).await
    }
}

/// What was done to the caller's own account, newest first.
pub async fn of_account(app: &App, user_id: i64, page: Page) -> Result<(Vec<AuditEntry>, bool), Error> {
    Ok(audit_log::page(&app.pool, Of::Account(user_id), page).await?)
}

/// What was done in a workspace, newest first; for its admins.
pub async fn of_workspace(
    app: &App,
    caller: &curtail_rpc::UserCaller,
    workspace_id: i64,
    page: Page,
) -> Result<(Vec<AuditEntry>, bool), Error> {
    caller.require(workspace_id, Role::Admin, Scope::Admin)?;
    Ok(audit_log::page(&app.pool, Of::Workspace(workspace_id), page).await?)
}
