//! All links, page by page, for services that keep a copy. For services only.

use curtail_proto::links::v1::{ScanLinksRequest, ScanLinksResponse};
use curtail_rpc::Error;
use prost::Message as _;
use tonic::Request;

use crate::app::App;
use crate::limits;
use crate::refusal;
use crate::store::find;

pub(super) async fn handle(app: &App, request: Request<ScanLinksRequest>) -> Result<ScanLinksResponse, Error> {
    curtail_rpc::service(&request)?;
    let ScanLinksRequest { after_id, limit } = *request.get_ref();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    if !(1..=limits::SCAN).contains(&wanted) {
        return Err(refusal::invalid(
            "LIMIT_RANGE",
            "limit",
            format!("between 1 and {} links at a time", limits::SCAN),
        ));
    }
    let found = find::after(&app.pool, after_id, i64::from(limit)).await.map_err(refusal::store)?;
    let (now, read) = (app.now(), found.len());
    let mut links = Vec::with_capacity(read);
    // Half of what a message may hold, so that one large link more does no harm.
    let mut room = app.max_message_bytes / 2;
    for link in &found {
        let message = app.message(link, now);
        links.push(message);
        let bytes = links.last().map_or(0, |link| link.encoded_len());
        if bytes >= room {
            break;
        }
        room -= bytes;
    }
    let is_end = read < wanted && links.len() == read;
    let next_after_id = if is_end { 0 } else { links.last().map_or(0, |link| link.id) };
    Ok(ScanLinksResponse { links, next_after_id })
}
