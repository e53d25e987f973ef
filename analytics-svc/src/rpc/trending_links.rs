//! The most clicked links of a recent window.

use curtail_proto::analytics::v1::{TrendingLinksRequest, TrendingLinksResponse};
use curtail_rpc::{Caller, Code, Error};
use tonic::Request;

use super::{Analytics, access};
use crate::query::trending;

/// The shortest and the longest window, in seconds.
const WINDOW: std::ops::RangeInclusive<u32> = 60..=604_800;

const MAX_LINKS: u32 = 100;

/// A user sees one workspace; a service may see all of them, by workspace 0.
pub async fn handle(
    analytics: &Analytics,
    request: Request<TrendingLinksRequest>,
) -> Result<TrendingLinksResponse, Error> {
    let asked = request.get_ref();
    let workspace = match curtail_rpc::caller(&request)? {
        Caller::Service(_) => Some(asked.workspace_id).filter(|id| *id != 0),
        Caller::User(user) => {
            access::require(user, asked.workspace_id)?;
            Some(asked.workspace_id)
        }
    };
    check(asked)?;
    let window = time::Duration::seconds(asked.window_seconds.into());
    let links = trending::links(&analytics.pool, workspace, analytics.clock.now(), window, asked.limit).await?;
    Ok(TrendingLinksResponse { links })
}

fn check(asked: &TrendingLinksRequest) -> Result<(), Error> {
    if !WINDOW.contains(&asked.window_seconds) {
        let message = format!("{} to {} seconds", WINDOW.start(), WINDOW.end());
        return Err(Error::new(Code::Invalid, "WINDOW_OUT_OF_RANGE", message).field("window_seconds"));
    }
    if !(1..=MAX_LINKS).contains(&asked.limit) {
        return Err(Error::new(Code::Invalid, "LIMIT_OUT_OF_RANGE", format!("1 to {MAX_LINKS} links")).field("limit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_at_the_edge_and_fail_one_past() {
        let asked = |window_seconds, limit| check(&TrendingLinksRequest { workspace_id: 1, window_seconds, limit });
        for (window, limit) in [(60, 1), (604_800, 100)] {
            assert!(asked(window, limit).is_ok());
        }
        for (window, limit, reason) in [
            (59, 1, "WINDOW_OUT_OF_RANGE"),
            (604_801, 1, "WINDOW_OUT_OF_RANGE"),
            (60, 0, "LIMIT_OUT_OF_RANGE"),
            (60, 101, "LIMIT_OUT_OF_RANGE"),
        ] {
            assert_eq!(asked(window, limit).unwrap_err().reason, reason);
        }
    }
}
