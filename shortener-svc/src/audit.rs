//! Entries for the audit log, which auth keeps. They travel through the outbox of the transaction of the action, so that
//! neither is there without the other.

use curtail_proto::auth::v1::ActorKind;
use curtail_proto::events::v1::{AuditRecorded, Envelope, envelope::Payload};
use curtail_rpc::{Caller, UserCaller};
use curtail_streams::topology;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::app::App;
use crate::link::time_field;

/// Something that was done.
#[derive(Debug)]
pub struct Action {
    /// A noun and what happened to it.
    pub name: &'static str,
    /// The link; 0 when it is about several or none.
    pub target_id: i64,
    /// What was before.
    pub before: Value,
    /// What is now.
    pub after: Value,
}

/// Records what `user` did.
pub async fn record(
    app: &App,
    conn: &mut PgConnection,
    user: &UserCaller,
    workspace_id: i64,
    action: Action,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let kind = if user.api_key_id.is_some() { ActorKind::ApiKey } else { ActorKind::User };
    let actor = (kind, user.user_id, user.api_key_id.unwrap_or(0));
    append(app, conn, actor, workspace_id, action, now).await
}

/// Records what an operator did, who is no member of the workspace.
pub async fn record_operator(
    app: &App,
    conn: &mut PgConnection,
    caller: &Caller,
    workspace_id: i64,
    action: Action,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let user_id = match caller {
        Caller::User(user) => user.user_id,
        Caller::Service(_) => 0,
    };
    append(app, conn, (ActorKind::Operator, user_id, 0), workspace_id, action, now).await
}

async fn append(
    app: &App,
    conn: &mut PgConnection,
    (kind, actor_user_id, actor_api_key_id): (ActorKind, i64, i64),
    workspace_id: i64,
    action: Action,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let Action { name, target_id, before, after } = action;
    let payload = Payload::AuditRecorded(AuditRecorded {
        action: name.to_owned(),
        actor_kind: kind.into(),
        actor_user_id,
        actor_api_key_id,
        target_id,
        before: before.to_string(),
        after: after.to_string(),
    });
    let envelope = Envelope {
        event_id: app.event_id().to_vec(),
        occurred_at: Some(time_field::write(now)),
        workspace_id,
        traceparent: curtail_telemetry::current_traceparent().unwrap_or_default(),
        payload: Some(payload),
    };
    curtail_db::outbox::append(conn, topology::AUDIT, &envelope).await
}
