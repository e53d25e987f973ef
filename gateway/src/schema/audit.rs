//! The audit log of a workspace or of the caller's account.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, Error, ID, Json, SimpleObject};
use curtail_proto::auth::v1 as pb;
use curtail_proto::instant;
use serde_json::Value;
use time::OffsetDateTime;

use super::loaders::{Users, UsersLoader};
use super::member::Member;
use super::page::{Page, connection};
use super::scalars::id;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// The kind of an actor.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A user: signed in, or with the link of a mail.
    User,
    /// A program with an API key.
    ApiKey,
    /// An operator at the command line of the platform.
    Operator,
    /// The platform itself.
    Platform,
}

mirror!(ActorKind, pb::ActorKind, Platform, [User, ApiKey, Operator, Platform]);

/// An entry of an audit log.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct AuditEntry {
    /// Opaque identifier.
    pub id: ID,
    /// When the action happened.
    pub at: Option<OffsetDateTime>,
    /// The action, such as `session.opened`.
    pub action: String,
    /// The kind of an actor.
    pub actor_kind: ActorKind,
    /// The API key of the actor.
    pub actor_api_key_id: Option<ID>,
    /// The network of the client; the full address is not stored.
    pub ip_prefix: Option<String>,
    /// The target of the action: a session, a key, an account or an invitation, depending on the action.
    pub target_id: Option<ID>,
    /// The changed values before the action.
    pub before: Option<Json<Value>>,
    /// The changed values after the action.
    pub after: Option<Json<Value>>,
    #[graphql(skip)]
    actor_user_id: i64,
}

#[ComplexObject]
impl AuditEntry {
    /// The actor, or the creator of the API key; null if unknown, or if they share no workspace with the caller.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Member>, Error> {
        if self.actor_user_id == 0 {
            return Ok(None);
        }
        let loader: &DataLoader<Users, _> = ctx.data::<UsersLoader>()?;
        loader.load_one(self.actor_user_id).await
    }
}

impl From<pb::AuditEntry> for AuditEntry {
    fn from(entry: pb::AuditEntry) -> Self {
        let known = |number: i64| (number != 0).then(|| id(number));
        let object = |text: &str| serde_json::from_str(text).ok().map(Json);
        Self {
            id: id(entry.id),
            at: instant(entry.at),
            actor_kind: entry.actor_kind().into(),
            actor_api_key_id: known(entry.actor_api_key_id),
            target_id: known(entry.target_id),
            before: object(&entry.before),
            after: object(&entry.after),
            actor_user_id: entry.actor_user_id,
            action: entry.action,
            ip_prefix: (!entry.ip_prefix.is_empty()).then_some(entry.ip_prefix),
        }
    }
}

/// A page of a log.
pub type AuditConnection = Connection<String, AuditEntry, EmptyFields, EmptyFields>;

/// A page of the log of a workspace, or with 0 of the caller's account: one RPC, and one more for all actors.
///
/// # Errors
/// What the service refused.
pub async fn audit_log(ctx: &Context<'_>, workspace_id: i64, page: Page) -> Result<AuditConnection, Error> {
    let message = pb::ListAuditLogRequest {
        workspace_id,
        limit: page.limit,
        cursor: page.cursor.clone(),
        backwards: page.backwards,
    };
    let request = ctx.data::<RequestContext>()?.read(message);
    let answer = page.answer(ctx.data::<Upstreams>()?.auth.clone().list_audit_log(request).await)?;
    let entries = answer.entries.into_iter().map(|entry| (entry.id.to_string(), AuditEntry::from(entry)));
    Ok(connection(&page, answer.has_more, entries))
}
