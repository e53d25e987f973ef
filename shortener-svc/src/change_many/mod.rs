//! Changes or deletes up to 1,000 links at once, each with an outcome of its own.
//!
//! One transaction holds the locks of all links, in the order of their ids. A link that is refused does not hold up the others.
//! Links come by their ids, or by a filter with the number that the caller expects; when it is another number, nothing
//! changes. Each link that changes gets a version and an event, as by a change of that link alone.

mod decide;

use std::collections::HashMap;

use curtail_proto::links::v1::bulk_outcome::Result as Ending;
use curtail_proto::links::v1::link_selection::By;
use curtail_proto::links::v1::{
    BatchDeleteLinksRequest, BatchDeleteLinksResponse, BatchUpdateLinksRequest, BatchUpdateLinksResponse, BulkOutcome,
    LinkFilter, LinkSelection, LinkState,
};
use curtail_rpc::{Code, Error, UserCaller};
use curtail_tokens::{Role, Scope};
use prost::Message as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Request;

use self::decide::Change;
use crate::app::App;
use crate::audit::{self, Action};
use crate::failure::Failure;
use crate::limits;
use crate::link::Link;
use crate::link::event;
use crate::refusal::{self, invalid};
use crate::rpcs::list_links;
use crate::store::{find, list, update};
use crate::{bulk, tags};

/// Changes links in one way.
pub async fn update(app: &App, request: Request<BatchUpdateLinksRequest>) -> Result<BatchUpdateLinksResponse, Error> {
    let user = writer(&request, request.get_ref().workspace_id)?;
    let BatchUpdateLinksRequest { workspace_id, selection, change } = request.into_inner();
    let change = Change::check(change.unwrap_or_default(), app.now())?;
    let outcomes = run(app, &user, workspace_id, selection, change).await?;
    Ok(BatchUpdateLinksResponse { outcomes })
}

/// Soft-deletes links.
pub async fn delete(app: &App, request: Request<BatchDeleteLinksRequest>) -> Result<BatchDeleteLinksResponse, Error> {
    let user = writer(&request, request.get_ref().workspace_id)?;
    let BatchDeleteLinksRequest { workspace_id, selection } = request.into_inner();
    let outcomes = run(app, &user, workspace_id, selection, Change::Delete).await?;
    Ok(BatchDeleteLinksResponse { outcomes })
}

fn writer<T>(request: &Request<T>, workspace: i64) -> Result<UserCaller, Error> {
    let user = curtail_rpc::user(request)?;
    user.require(workspace, Role::Editor, Scope::Write)?;
    Ok(user.clone())
}

async fn run(
    app: &App,
    user: &UserCaller,
    workspace: i64,
    selection: Option<LinkSelection>,
    change: Change,
) -> Result<Vec<BulkOutcome>, Error> {
    let selection = Selection::check(app, workspace, selection, &change)?;
    let outcomes = in_transaction(app, user, workspace, selection, change).await?;
    app.wake_relay();
    Ok(outcomes)
}

async fn in_transaction(
    app: &App,
    user: &UserCaller,
    workspace: i64,
    selection: Selection,
    mut change: Change,
) -> Result<Vec<BulkOutcome>, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let ids = selection.ids(&mut tx).await?;
    let links = find::in_workspace_for_update(&mut *tx, workspace, &ids).await?;
    let mut links: HashMap<i64, Link> = links.into_iter().map(|link| (link.id, link)).collect();
    if let Change::Update(update) = &mut change {
        update.resolved = tags::resolve(&mut tx, workspace, &update.add_tags, "addTags").await?;
    }
    let (mut outcomes, mut changed, mut events) = (Vec::with_capacity(ids.len()), Vec::new(), Vec::new());
    for id in ids {
        let decision = match links.remove(&id) {
            Some(link) => change.decide(&link, now).map(|decision| (link, decision)),
            None => Err(refusal::link_not_found()),
        };
        let outcome = match decision {
            Ok((_, Some((mut link, fact)))) => {
                link.version += 1;
                link.updated_at = now;
                events.push(app.event(fact, &link, now));
                let message = app.message(&link, now);
                changed.push(link);
                BulkOutcome { id, result: Some(Ending::Link(message)), changed: true }
            }
            Ok((link, None)) => BulkOutcome { id, result: Some(Ending::Link(app.message(&link, now))), changed: false },
            Err(error) => BulkOutcome { id, result: Some(Ending::Problem(bulk::problem(error))), changed: false },
        };
        outcomes.push(outcome);
    }
    let size: usize = outcomes.iter().map(|outcome| outcome.encoded_len() + 8).sum();
    if size > app.max_message_bytes {
        let message = "the response would be too large; name fewer links at a time";
        return Err(invalid("BATCH_TOO_LARGE", "ids", message).into());
    }
    write(app, &mut tx, user, workspace, &change, &changed, now).await?;
    curtail_db::outbox::append_all(&mut tx, event::STREAM, &events).await?;
    tx.commit().await?;
    metrics::counter!("links_changed_in_bulk_total").increment(changed.len() as u64);
    Ok(outcomes)
}

async fn write(
    app: &App,
    conn: &mut PgConnection,
    user: &UserCaller,
    workspace: i64,
    change: &Change,
    changed: &[Link],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    if changed.is_empty() {
        return Ok(());
    }
    update::write_all(&mut *conn, changed).await?;
    let ids: Vec<String> = changed.iter().map(|link| link.id.to_string()).collect();
    let action = Action { name: change.action(), target_id: 0, before: json!({}), after: json!({"links": ids}) };
    audit::record(app, conn, user, workspace, action, now).await
}

/// Which links it is about.
enum Selection {
    /// Each once, in the order of the request.
    Ids(Vec<i64>),
    /// A page that is one link longer than the largest bulk, and how many links it must find.
    Filtered(Box<list::Page>, usize),
}

impl Selection {
    fn check(app: &App, workspace: i64, selection: Option<LinkSelection>, change: &Change) -> Result<Self, Error> {
        match selection.and_then(|selection| selection.by) {
            Some(By::Ids(ids)) => {
                if !(1..=limits::BATCH).contains(&ids.ids.len()) {
                    return Err(invalid(
                        "BATCH_SIZE",
                        "ids",
                        format!("between 1 and {} links at a time", limits::BATCH),
                    ));
                }
                let mut seen = std::collections::HashSet::new();
                Ok(Self::Ids(ids.ids.into_iter().filter(|id| seen.insert(*id)).collect()))
            }
            Some(By::Filtered(filtered)) => {
                let expected = usize::try_from(filtered.expected_count).unwrap_or(usize::MAX);
                if !(1..=limits::BATCH).contains(&expected) {
                    let message = format!("between 1 and {} links at a time", limits::BATCH);
                    return Err(invalid("BATCH_SIZE", "expectedCount", message));
                }
                let mut filter = filtered.filter.unwrap_or_default();
                if filter.states.is_empty() && change.is_restore() {
                    filter.states = vec![LinkState::Deleted.into()];
                }
                let page = Self::page(app, workspace, filter)?;
                Ok(Self::Filtered(Box::new(page), expected))
            }
            None => Err(invalid("LINKS_REQUIRED", "ids", "name links by their ids or by a filter")),
        }
    }

    fn page(app: &App, workspace: i64, filter: LinkFilter) -> Result<list::Page, Error> {
        let rows = i64::try_from(limits::BATCH).expect("1,000 is an i64") + 1;
        list_links::oldest_first(app, workspace, filter, rows, app.now())
    }

    async fn ids(self, conn: &mut PgConnection) -> Result<Vec<i64>, Failure> {
        let (mut page, expected) = match self {
            Self::Ids(ids) => return Ok(ids),
            Self::Filtered(page, expected) => (page, expected),
        };
        let ids = match list_links::with_known_tags(&mut *conn, &mut page).await? {
            true => list::ids(&mut *conn, &page).await?,
            false => Vec::new(),
        };
        if ids.len() == expected {
            return Ok(ids);
        }
        let count = match ids.len() {
            found if found > limits::BATCH => format!("more than {}", limits::BATCH),
            found => found.to_string(),
        };
        let message = format!("the filter finds {count} links, not {expected}");
        Err(Error::new(Code::Conflict, "COUNT_MISMATCH", message).field("expectedCount").meta("count", count).into())
    }
}
