//! Tells of links whose time is over. For services only. Tests: `tests/expiry.rs`.

use curtail_proto::events::v1::Envelope;
use curtail_proto::links::v1::{ExpireLinksRequest, ExpireLinksResponse};
use curtail_rpc::Error;
use tonic::Request;

use crate::app::App;
use crate::failure::Failure;
use crate::link::Link;
use crate::link::event::{self, Fact};
use crate::refusal;
use crate::store::expiry;

pub(super) async fn handle(app: &App, request: Request<ExpireLinksRequest>) -> Result<ExpireLinksResponse, Error> {
    curtail_rpc::service(&request)?;
    let limit = refusal::upkeep_batch(request.get_ref().limit)?;
    let answer = expire(app, limit).await?;
    metrics::counter!("links_expired_total").increment(answer.told.into());
    Ok(answer)
}

/// One batch. Each link is locked from the look to the commit of its mark and its event, so no other worker publishes it.
async fn expire(app: &App, limit: i64) -> Result<ExpireLinksResponse, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let links = expiry::untold(&mut *tx, now, limit).await?;
    if links.is_empty() {
        return Ok(ExpireLinksResponse::default());
    }
    // One whose clicks were used up is over already, and was told of when the last one was taken.
    let told: Vec<&Link> = links.iter().filter(|link| !link.is_exhausted()).collect();
    let events: Vec<Envelope> = told.iter().map(|link| event_of(app, link, now)).collect();
    let all: Vec<i64> = links.iter().map(|link| link.id).collect();
    let changed: Vec<i64> = told.iter().map(|link| link.id).collect();
    expiry::set_told(&mut *tx, &all, &changed, now).await?;
    curtail_db::outbox::append_all(&mut tx, event::STREAM, &events).await?;
    tx.commit().await?;
    app.wake_relay();
    let count = |of: &[i64]| u32::try_from(of.len()).unwrap_or(u32::MAX);
    Ok(ExpireLinksResponse { links: count(&all), told: count(&changed) })
}

/// The state of the link changes, so its version does: whoever keeps it applies changes in the order of versions.
fn event_of(app: &App, link: &Link, now: time::OffsetDateTime) -> Envelope {
    app.event(Fact::Expired, &Link { version: link.version + 1, updated_at: now, ..link.clone() }, now)
}
