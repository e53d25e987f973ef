//! Tells of links whose time will be over within `expiry.warn_hours`.

use std::time::Instant;

use curtail_proto::links::v1::WarnExpiringRequest;

use super::BATCH;
use crate::done::Done;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let (start, mut done) = (Instant::now(), Done::default());
    let within_seconds = tools.settings.warn_hours * 3600;
    if within_seconds == 0 {
        return Ok(done);
    }
    loop {
        let request = tools.call(WarnExpiringRequest { within_seconds, limit: BATCH });
        let told = tools.links.clone().warn_expiring(request).await?.into_inner().told;
        done.count("told", told);
        if told < BATCH {
            return Ok(done);
        }
        if !tools.may_go_on(start) {
            return Ok(Done { more: true, ..done });
        }
    }
}
