//! Take-downs: an administrator of the platform blocks a link with a reason, and releases it.
//!
//! A blocked link answers 451 at every redirector within a second, because blocking it is a change like any other: a version
//! and an event, in one transaction with the history and the audit entry. Members cannot change, delete or restore it, so
//! that its owner cannot undo or hide the take-down. An operator is no member and gets nothing of the link but its id.

pub mod store;

use curtail_proto::links::v1::link_ref::By;
use curtail_proto::links::v1::{
    BlockLinkRequest, BlockLinkResponse, LinkRef, ListTakedownsRequest, ListTakedownsResponse, ReleaseLinkRequest,
    ReleaseLinkResponse, Takedown,
};
use curtail_rpc::{Caller, Code, Error};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use crate::app::App;
use crate::audit::{self, Action};
use crate::code::alias;
use crate::failure::Failure;
use crate::limits;
use crate::link::Link;
use crate::link::event::{self, Fact};
use crate::link::text::{self, Lines};
use crate::refusal::{self, invalid};
use crate::store::{find, update};

/// Takes a link down. Doing it again changes the public reason.
pub async fn block(app: &App, request: Request<BlockLinkRequest>) -> Result<BlockLinkResponse, Error> {
    let caller = operator(&request)?.clone();
    let BlockLinkRequest { link, reason, public_reason } = request.into_inner();
    let reason = check_reason(reason)?;
    if reason.is_empty() {
        return Err(invalid("REASON_REQUIRED", "reason", "a take-down needs a reason"));
    }
    let public_reason = text::check(public_reason, "publicReason", limits::PUBLIC_REASON_CHARS, Lines::One)?;
    let id = find_id(app, link).await?;
    let takedown = set(app, &caller, id, reason, Some(public_reason)).await?;
    metrics::counter!("link_takedowns_total", "action" => "block").increment(1);
    Ok(BlockLinkResponse { takedown })
}

/// Ends a take-down. Releasing a link that is not blocked changes nothing.
pub async fn release(app: &App, request: Request<ReleaseLinkRequest>) -> Result<ReleaseLinkResponse, Error> {
    let caller = operator(&request)?.clone();
    let ReleaseLinkRequest { link, reason } = request.into_inner();
    let reason = check_reason(reason)?;
    let id = find_id(app, link).await?;
    let takedown = set(app, &caller, id, reason, None).await?;
    metrics::counter!("link_takedowns_total", "action" => "release").increment(u64::from(takedown.is_some()));
    Ok(ReleaseLinkResponse { takedown })
}

/// The history of a link, newest first.
pub async fn list(app: &App, request: Request<ListTakedownsRequest>) -> Result<ListTakedownsResponse, Error> {
    operator(&request)?;
    let id = find_id(app, request.into_inner().link).await?;
    let takedowns = store::of_link(&app.pool, id).await.map_err(refusal::store)?;
    Ok(ListTakedownsResponse { takedowns: takedowns.into_iter().map(Takedown::from).collect() })
}

/// Blocks with a public reason, releases without one.
async fn set(
    app: &App,
    caller: &Caller,
    id: i64,
    reason: String,
    block: Option<String>,
) -> Result<Option<Takedown>, Error> {
    let takedown = set_in_transaction(app, caller, id, reason, block).await?;
    app.wake_relay();
    Ok(takedown)
}

async fn set_in_transaction(
    app: &App,
    caller: &Caller,
    id: i64,
    reason: String,
    block: Option<String>,
) -> Result<Option<Takedown>, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let before = find::for_update(&mut *tx, id).await?.ok_or_else(refusal::link_not_found)?;
    if block.is_none() && before.block_reason.is_none() {
        return Ok(None);
    }
    if before.block_reason != block {
        let link = Link { block_reason: block.clone(), version: before.version + 1, updated_at: now, ..before.clone() };
        update::write(&mut *tx, &link).await?;
        curtail_db::outbox::append(&mut tx, event::STREAM, &app.event(Fact::Updated, &link, now)).await?;
    }
    let entry = store::Entry {
        link_id: id,
        blocked: block.is_some(),
        reason,
        public_reason: block.unwrap_or_default(),
        operator_id: operator_id(caller),
        at: now,
    };
    store::insert(&mut *tx, &entry).await?;
    record(app, &mut tx, caller, &before, &entry, now).await?;
    tx.commit().await?;
    Ok(Some(entry.into()))
}

/// The audit entry of the workspace. Its members see the public reason only.
async fn record(
    app: &App,
    conn: &mut PgConnection,
    caller: &Caller,
    before: &Link,
    entry: &store::Entry,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let state = |blocked: bool, reason: Option<&str>| json!({"blocked": blocked, "reason": reason});
    let action = Action {
        name: if entry.blocked { "link.blocked" } else { "link.released" },
        target_id: before.id,
        before: state(before.block_reason.is_some(), before.block_reason.as_deref()),
        after: state(entry.blocked, entry.blocked.then_some(entry.public_reason.as_str())),
    };
    audit::record_operator(app, conn, caller, before.workspace_id, action, now).await
}

/// The caller, if it is an administrator of the platform in a session of their own, or a service. This comes before any
/// look-up: the answer to others does not depend on what exists.
fn operator<T>(request: &Request<T>) -> Result<&Caller, Error> {
    let caller = curtail_rpc::caller(request)?;
    match caller {
        Caller::User(user) if !user.platform_admin => {
            let message = "this is for administrators of the platform";
            Err(Error::new(Code::Forbidden, "PLATFORM_ADMIN_REQUIRED", message))
        }
        Caller::User(user) if user.api_key_id.is_some() => {
            Err(Error::new(Code::Forbidden, "SESSION_REQUIRED", "sign in to do this; an API key cannot"))
        }
        Caller::User(_) | Caller::Service(_) => Ok(caller),
    }
}

fn operator_id(caller: &Caller) -> i64 {
    match caller {
        Caller::User(user) => user.user_id,
        Caller::Service(_) => 0,
    }
}

fn check_reason(reason: String) -> Result<String, Error> {
    text::check(reason.trim().to_owned(), "reason", limits::REASON_CHARS, Lines::Many)
}

async fn find_id(app: &App, link: Option<LinkRef>) -> Result<i64, Error> {
    let link = match link.and_then(|link| link.by) {
        Some(By::Id(id)) => find::by_id(&app.pool, id).await.map_err(refusal::store)?,
        Some(By::Address(address)) => match app.domains.find(&address.domain).zip(alias::lookup(&address.code)) {
            Some((domain, code)) => find::by_address(&app.pool, domain, &code).await.map_err(refusal::store)?,
            None => None,
        },
        None => return Err(invalid("LINK_REQUIRED", "link", "an id or a code is needed")),
    };
    link.map(|link| link.id).ok_or_else(refusal::link_not_found)
}
