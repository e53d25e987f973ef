//! All subscriptions.

use async_graphql::{Context, Error, ID, Subscription};
use curtail_proto::analytics::v1::WatchClicksRequest;
use curtail_proto::links::v1::WatchLinksRequest;
use futures_util::{Stream, StreamExt as _};

use super::clicks::ClickBatch;
use super::link_changes::{LinkChange, one_by_one};
use super::problem::fault;
use super::scalars::parse_id;
use super::workspace_or_default;
use crate::auth::CredentialMonitor;
use crate::live::LiveFeeds;
use crate::request::RequestContext;

/// All subscriptions.
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// Clicks of a workspace (the caller's first one, if `workspaceId` is omitted) or of one of its links, within a second after
    /// they happened. Ends with an error when the credential expires or is revoked.
    async fn clicks(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        link_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<ClickBatch, Error>> + use<>, Error> {
        let workspace_id = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        let watch = WatchClicksRequest { workspace_id, link_id: link_or_all(link_id) };
        let clicks =
            ctx.data::<LiveFeeds>()?.clicks.watch(ctx.data::<CredentialMonitor>()?, watch).await.map_err(fault)?;
        Ok(clicks.map(|item| item.map(ClickBatch::from).map_err(fault)))
    }

    /// Changes of the links of a workspace (the caller's first one, if `workspaceId` is omitted) or of one of its links, within a
    /// second after they were made. Ends with an error when the credential expires or is revoked.
    async fn link_changed(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        link_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<LinkChange, Error>> + use<>, Error> {
        let workspace_id = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        let watch = WatchLinksRequest { workspace_id, link_id: link_or_all(link_id) };
        let changes = ctx
            .data::<LiveFeeds>()?
            .link_changes
            .watch(ctx.data::<CredentialMonitor>()?, watch)
            .await
            .map_err(fault)?;
        Ok(one_by_one(changes))
    }
}

/// The link that was named; 0 for all. What is not an id of ours names no link, which is not the same as naming none.
fn link_or_all(link_id: Option<ID>) -> i64 {
    link_id.map_or(0, |id| if parse_id(&id) > 0 { parse_id(&id) } else { -1 })
}
