//! Moves links that were deleted long ago to the archive. For services only. Tests: `tests/archive.rs`.

use curtail_proto::links::v1::{ArchiveLinksRequest, ArchiveLinksResponse};
use curtail_rpc::Error;
use time::Duration;
use tonic::Request;

use crate::app::App;
use crate::limits;
use crate::refusal::{self, invalid};
use crate::store::archive;

pub(super) async fn handle(app: &App, request: Request<ArchiveLinksRequest>) -> Result<ArchiveLinksResponse, Error> {
    curtail_rpc::service(&request)?;
    let ArchiveLinksRequest { deleted_days, limit } = *request.get_ref();
    let limit = refusal::upkeep_batch(limit)?;
    if !(1..=limits::ARCHIVE_DAYS).contains(&deleted_days) {
        return Err(invalid("DAYS_RANGE", "deletedDays", "between 1 and 36,500 days after the deletion"));
    }
    let now = app.now();
    let before = now - Duration::days(deleted_days.into());
    let links = archive::put_away(&app.pool, before, now, limit).await.map_err(refusal::store)?;
    Ok(ArchiveLinksResponse { links: u32::try_from(links).unwrap_or(u32::MAX) })
}
