//! The entry points for reading.

use async_graphql::{Context, Error, ID, Object};
use curtail_proto::auth::v1::{GetViewerRequest, GetViewerResponse};
use curtail_proto::links::v1::{GetLinkRequest, LinkRef, link_ref};

use super::account::Viewer;
use super::analytics::{Analytics, AnalyticsInput, query};
use super::link::Link;
use super::link::LinkState;
use super::notification::{self, NotificationPreference};
use super::page::page;
use super::problem::{fault, found, value};
use super::scalars::parse_id;
use super::search::{SearchConnection, SearchInput, search};
use super::takedown::{Takedown, takedowns};
use super::webhook::{Webhook, WebhookDeliveryConnection, WebhookDeliveryState, deliveries, list};
use super::workspace::{LinkConnection, LinkFilter, LinkSort, TrendingLink, Workspace, list_links, trending};
use super::workspace_or_default;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// All queries.
pub struct Query;

#[Object]
impl Query {
    /// Version of the platform.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The signed-in account; null for anonymous callers.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Viewer>, Error> {
        if ctx.data::<RequestContext>()?.principal.is_none() {
            return Ok(None);
        }
        let answer = get_viewer(ctx).await?;
        Ok(Viewer::new(answer.user, answer.workspaces))
    }

    /// The notification preferences of the caller, by kind.
    async fn notification_preferences(&self, ctx: &Context<'_>) -> Result<Vec<NotificationPreference>, Error> {
        notification::preferences(ctx).await
    }

    /// A workspace of the caller; null if no workspace of theirs has this id.
    async fn workspace(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Workspace>, Error> {
        ctx.data::<RequestContext>()?.require_principal().map_err(fault)?;
        let wanted = parse_id(&id);
        let answer = get_viewer(ctx).await?;
        Ok(answer.workspaces.into_iter().find(|workspace| workspace.id == wanted).map(Workspace::from))
    }

    /// A link by its id, or by its code and domain (the default domain, if omitted). Null if it does not exist or the caller may not
    /// see it.
    async fn link(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        code: Option<String>,
        domain: Option<String>,
    ) -> Result<Option<Link>, Error> {
        let context = ctx.data::<RequestContext>()?;
        context.require_principal().map_err(fault)?;
        let by = match (id, code) {
            (Some(id), None) => link_ref::By::Id(parse_id(&id)),
            (None, Some(code)) => link_ref::By::Address(link_ref::Address { domain: domain.unwrap_or_default(), code }),
            _ => {
                let error = curtail_rpc::Error::new(
                    curtail_rpc::Code::Invalid,
                    "LINK_REF_INVALID",
                    "give an id or a code, not both",
                );
                return Err(fault(error.field("id")));
            }
        };
        let request = context.read(GetLinkRequest { link: Some(LinkRef { by: Some(by) }) });
        let answer = found(ctx.data::<Upstreams>()?.links.clone().get_link(request).await)?;
        Ok(answer.and_then(|answer| answer.link).map(Link::from))
    }

    /// The take-downs and releases of a link, newest first; by its id, or by its code and domain (the default domain, if
    /// omitted). Requires an administrator of the platform.
    async fn takedowns(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        code: Option<String>,
        domain: Option<String>,
    ) -> Result<Vec<Takedown>, Error> {
        takedowns(ctx, id, code, domain).await
    }

    /// The links of a workspace; of the caller's first one, if `workspaceId` is omitted.
    #[allow(clippy::too_many_arguments)]
    async fn links(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<LinkFilter>,
        #[graphql(default_with = "LinkSort::CreatedDesc")] sort: LinkSort,
    ) -> Result<LinkConnection, Error> {
        let workspace = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        list_links(ctx, workspace, page(first, after, last, before)?, filter, sort).await
    }

    /// The links of a workspace that have all words of `text` somewhere in code, title, tags, destination, description or notes,
    /// the best first; without `workspaceId`, of the caller's first one. Words may be mistyped (one letter from 4 letters on, two
    /// from 8 on), and the last one may be unfinished. Without `text` all links that meet the filters, the youngest first.
    #[allow(clippy::too_many_arguments)]
    async fn search(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        #[graphql(desc = "At most 256 bytes and 16 words.")] text: Option<String>,
        #[graphql(desc = "Links that carry all of these, without regard to case; at most 20.")] tags: Option<
            Vec<String>,
        >,
        #[graphql(desc = "In one of these states; without it, in any but `DELETED`.")] state: Option<Vec<LinkState>>,
        #[graphql(desc = "On this short domain.")] domain: Option<String>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<SearchConnection, Error> {
        let workspace = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        let input = SearchInput {
            text: text.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            state: state.unwrap_or_default(),
            domain,
        };
        search(ctx, workspace, input, page(first, after, None, None)?).await
    }

    /// Click statistics of a workspace over a range; of the caller's first one, if `workspaceId` is omitted.
    async fn analytics(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        input: AnalyticsInput,
    ) -> Result<Analytics, Error> {
        let workspace = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        query(ctx, workspace, None, input).await
    }

    /// The links of a workspace with the most clicks in a recent window.
    async fn trending_links(
        &self,
        ctx: &Context<'_>,
        workspace_id: Option<ID>,
        #[graphql(default = 3600, desc = "Seconds back from now, 60 to 604,800.")] window_seconds: u32,
        #[graphql(default = 10, desc = "1-100.")] first: u32,
    ) -> Result<Vec<TrendingLink>, Error> {
        let workspace = workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?;
        trending(ctx, workspace, window_seconds, first).await
    }

    /// The webhooks of a workspace, oldest first; of the caller's first one, if `workspaceId` is omitted. Requires the role `ADMIN`.
    async fn webhooks(&self, ctx: &Context<'_>, workspace_id: Option<ID>) -> Result<Vec<Webhook>, Error> {
        list(ctx, workspace_or_default(ctx.data::<RequestContext>()?, workspace_id)?).await
    }

    /// The deliveries of a webhook, newest first.
    #[allow(clippy::too_many_arguments)]
    async fn webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        webhook_id: ID,
        state: Option<WebhookDeliveryState>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<WebhookDeliveryConnection, Error> {
        ctx.data::<RequestContext>()?.require_principal().map_err(fault)?;
        deliveries(ctx, parse_id(&webhook_id), state, page(first, after, last, before)?).await
    }
}

async fn get_viewer(ctx: &Context<'_>) -> Result<GetViewerResponse, Error> {
    let request = ctx.data::<RequestContext>()?.read(GetViewerRequest {});
    value(ctx.data::<Upstreams>()?.auth.clone().get_viewer(request).await)
}
