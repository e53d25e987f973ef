//! Lifetime totals of many links at once.

use curtail_proto::analytics::v1::{BatchGetTotalsRequest, BatchGetTotalsResponse};
use curtail_rpc::{Code, Error};
use tonic::Request;

use super::{Analytics, access};
use crate::query::rollups;

/// The most links of a call.
const MAX_LINKS: usize = 100;

/// Links of workspaces that the caller may not see are left out of the answer.
pub async fn handle(
    analytics: &Analytics,
    request: Request<BatchGetTotalsRequest>,
) -> Result<BatchGetTotalsResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let asked = &request.get_ref().links;
    if asked.len() > MAX_LINKS {
        return Err(Error::new(Code::Invalid, "TOO_MANY_LINKS", format!("at most {MAX_LINKS} links")).field("links"));
    }
    let visible = asked.iter().filter(|key| access::require(user, key.workspace_id).is_ok());
    let mut links: Vec<(i64, i64)> =
        visible.filter(|key| key.link_id > 0).map(|key| (key.workspace_id, key.link_id)).collect();
    links.sort_unstable();
    links.dedup();
    let totals = if links.is_empty() { Vec::new() } else { rollups::lifetime(&analytics.pool, &links).await? };
    Ok(BatchGetTotalsResponse { totals })
}
