//! Tells of links whose time is over. Visitors do not wait for it: redirectors judge by the clock.

use std::time::Instant;

use curtail_proto::links::v1::ExpireLinksRequest;

use super::BATCH;
use crate::done::Done;
use crate::tools::Tools;

pub(crate) async fn run(tools: &Tools) -> anyhow::Result<Done> {
    let (start, mut done) = (Instant::now(), Done::default());
    loop {
        let request = tools.call(ExpireLinksRequest { limit: BATCH });
        let answer = tools.links.clone().expire_links(request).await?.into_inner();
        done.count("links", answer.links);
        done.count("told", answer.told);
        if answer.links < BATCH {
            return Ok(done);
        }
        if !tools.may_go_on(start) {
            return Ok(Done { more: true, ..done });
        }
    }
}
