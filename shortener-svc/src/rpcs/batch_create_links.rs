//! Shortens up to 1,000 URLs. Tests: `tests/bulk.rs`.

use curtail_proto::links::v1::{BatchCreateLinksRequest, BatchCreateLinksResponse};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use time::OffsetDateTime;
use tonic::Request;

use crate::app::App;
use crate::bulk::Bulk;
use crate::idempotency::Ticket;
use crate::limits;
use crate::refusal::invalid;

/// How often the transaction is tried. It fails for a reason that can pass only when an equal request or a second holder of
/// one of its ids was faster.
const ATTEMPTS: usize = 3;

pub(super) async fn handle(
    app: &App,
    request: Request<BatchCreateLinksRequest>,
) -> Result<BatchCreateLinksResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let workspace = request.get_ref().workspace_id;
    let quota = app.quota(user.require(workspace, Role::Editor, Scope::Write)?);
    let creator = user.user_id;
    let mut request = request.into_inner();
    if !(1..=limits::BATCH).contains(&request.links.len()) {
        return Err(invalid("BATCH_SIZE", "links", format!("between 1 and {} links at a time", limits::BATCH)));
    }
    let now = app.now();
    let key = std::mem::take(&mut request.idempotency_key);
    let ticket = Ticket::read(&key, "BatchCreateLinks", workspace, creator, &request)?;
    let ticket = ticket.as_ref();
    let bulk = Bulk { app, workspace, creator, quota, find_existing: request.find_existing, ticket, now };
    for _ in 0..ATTEMPTS {
        if let Some(answer) = replay(app, ticket, now).await? {
            return Ok(answer);
        }
        match bulk.run(request.links.clone()).await {
            Ok(response) => return Ok(response),
            Err(failure) if failure.constraint().is_some() => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Error::internal(anyhow::anyhow!("a constraint was violated {ATTEMPTS} times")))
}

/// What the key was answered with before; links that were created then are marked as existing now.
async fn replay(
    app: &App,
    ticket: Option<&Ticket>,
    now: OffsetDateTime,
) -> Result<Option<BatchCreateLinksResponse>, Error> {
    let Some(ticket) = ticket else { return Ok(None) };
    let mut answer: Option<BatchCreateLinksResponse> = ticket.recall(app, now).await?;
    for outcome in answer.iter_mut().flat_map(|answer| &mut answer.outcomes) {
        outcome.existed = matches!(
            outcome.result,
            Some(curtail_proto::links::v1::batch_create_links_response::outcome::Result::Link(_))
        );
    }
    Ok(answer)
}
