//! Moves links that were deleted `expiry.archive_after_days` ago to the archive.

use std::time::Instant;

use curtail_proto::links::v1::ArchiveLinksRequest;

use super::BATCH;
use crate::done::Done;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let (start, mut done) = (Instant::now(), Done::default());
    let deleted_days = tools.settings.archive_after_days;
    loop {
        let request = tools.call(ArchiveLinksRequest { deleted_days, limit: BATCH });
        let links = tools.links.clone().archive_links(request).await?.into_inner().links;
        done.count("links", links);
        if links < BATCH {
            return Ok(done);
        }
        if !tools.may_go_on(start) {
            return Ok(Done { more: true, ..done });
        }
    }
}
