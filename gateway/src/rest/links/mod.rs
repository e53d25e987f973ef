//! Operations on links.

mod answer;
pub mod bulk;
pub mod bulk_change;
pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod restore;
pub mod stats;
pub mod takedown;
pub mod update;

use curtail_proto::links::v1::{self as pb, GetLinkRequest, LinkRef, link_ref::By};

use super::endpoint::{Call, present};
use super::problem::Problem;

/// The heading of these operations.
pub const TAG: &str = "links";

/// A link of the caller's.
///
/// # Errors
/// `NOT_FOUND` if it does not exist or the caller may not see it.
pub async fn find(call: &Call, by: By) -> Result<pb::Link, Problem> {
    let request = call.context.read(GetLinkRequest { link: Some(LinkRef { by: Some(by) }) });
    present(call.links().get_link(request).await?.into_inner().link)
}
