//! Tells of links whose time will be over soon. For services only. Tests: `tests/expiry.rs`.

use curtail_proto::events::v1::Envelope;
use curtail_proto::links::v1::{WarnExpiringRequest, WarnExpiringResponse};
use curtail_rpc::Error;
use time::Duration;
use tonic::Request;

use crate::app::App;
use crate::failure::Failure;
use crate::limits;
use crate::link::event::{self, Fact};
use crate::refusal::{self, invalid};
use crate::store::expiry;

pub(super) async fn handle(app: &App, request: Request<WarnExpiringRequest>) -> Result<WarnExpiringResponse, Error> {
    curtail_rpc::service(&request)?;
    let WarnExpiringRequest { within_seconds, limit } = *request.get_ref();
    let limit = refusal::upkeep_batch(limit)?;
    if !(1..=limits::WARN_SECONDS).contains(&within_seconds) {
        return Err(invalid("WITHIN_RANGE", "withinSeconds", "between a second and 366 days ahead"));
    }
    let told = warn(app, Duration::seconds(within_seconds.into()), limit).await?;
    metrics::counter!("links_warned_total").increment(told.into());
    Ok(WarnExpiringResponse { told })
}

async fn warn(app: &App, within: Duration, limit: i64) -> Result<u32, Failure> {
    let now = app.now();
    let mut tx = app.pool.begin().await?;
    let links = expiry::unwarned(&mut *tx, now, now + within, limit).await?;
    if links.is_empty() {
        return Ok(0);
    }
    let events: Vec<Envelope> = links.iter().map(|link| app.event(Fact::Expiring, link, now)).collect();
    let ids: Vec<i64> = links.iter().map(|link| link.id).collect();
    expiry::set_warned(&mut *tx, &ids).await?;
    curtail_db::outbox::append_all(&mut tx, event::STREAM, &events).await?;
    tx.commit().await?;
    app.wake_relay();
    Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
}
