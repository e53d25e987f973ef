//! The raw clicks of a scope, for a file.

use curtail_proto::analytics::v1::{ExportClicksRequest, ExportClicksResponse};
use curtail_proto::timestamp;
use curtail_rpc::{Code, Error};
use tonic::Request;

use super::{Analytics, access};
use crate::query::export::{Cursor, Export};
use crate::query::filter;
use crate::query::range::Range;
use crate::query::rollups;
use crate::query::scope::Scope;
use crate::query::tally::instant;

/// The most clicks of a page: with the longest texts they fit into a message.
const MAX_PAGE: u32 = 1_000;

/// The most clicks of an export.
const MAX_CLICKS: i64 = 1_000_000;

/// The first page also checks that the whole is not too much.
pub async fn handle(
    analytics: &Analytics,
    request: Request<ExportClicksRequest>,
) -> Result<ExportClicksResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let scope = request.get_ref().scope.clone();
    let scope = scope.ok_or_else(|| Error::new(Code::Invalid, "SCOPE_MISSING", "say of what").field("scope"))?;
    access::require(user, scope.workspace_id)?;
    let asked = request.into_inner();
    let limit = page_size(asked.limit)?;
    let range = Range::of(asked.from, asked.until)?;
    let filters = filter::check(asked.filters)?;
    let cursor = match asked.cursor.as_str() {
        "" => None,
        text => Some(Cursor::parse(text)?),
    };
    let kept = analytics.retention.at(analytics.clock.unix_ms());
    let raw_from = (range.from_ms < kept.raw_ms).then(|| timestamp(instant(kept.raw_ms)));
    let range = Range { from_ms: range.from_ms.max(kept.raw_ms), ..range };
    if range.until_ms <= range.from_ms {
        return Ok(ExportClicksResponse { raw_from, ..ExportClicksResponse::default() });
    }
    let scope = Scope::resolve(&analytics.pool, scope).await?;
    let mut connection = analytics.pool.acquire().await.map_err(crate::store_error)?;
    if cursor.is_none() {
        let all = rollups::answer(&mut connection, &scope, kept.align(range), &[]).await?;
        check_size(all.totals.clicks)?;
    }
    let export = Export { scope: &scope, range, filters: &filters, kept };
    let cursor = cursor.unwrap_or_else(|| Cursor::start(range));
    let (clicks, next) = export.page(&mut connection, &cursor, limit).await?;
    Ok(ExportClicksResponse { clicks, next_cursor: next.map(|next| next.to_text()).unwrap_or_default(), raw_from })
}

fn page_size(limit: u32) -> Result<u32, Error> {
    let message = format!("1 to {MAX_PAGE} clicks");
    let refused = || Error::new(Code::Invalid, "LIMIT_OUT_OF_RANGE", message).field("limit");
    Some(limit).filter(|limit| (1..=MAX_PAGE).contains(limit)).ok_or_else(refused)
}

fn check_size(clicks: i64) -> Result<(), Error> {
    if clicks > MAX_CLICKS {
        let message = format!("{clicks} clicks, more than {MAX_CLICKS}: choose a shorter range");
        return Err(Error::new(Code::Invalid, "EXPORT_TOO_LARGE", message).field("until"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_at_the_edge_and_fail_one_past() {
        assert!(page_size(1).is_ok() && page_size(MAX_PAGE).is_ok());
        for limit in [0, MAX_PAGE + 1] {
            assert_eq!(page_size(limit).unwrap_err().reason, "LIMIT_OUT_OF_RANGE");
        }
        assert!(check_size(MAX_CLICKS).is_ok());
        assert_eq!(check_size(MAX_CLICKS + 1).unwrap_err().reason, "EXPORT_TOO_LARGE");
    }
}
