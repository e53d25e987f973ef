//! Workspaces and everything that is found through them.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{ComplexObject, Context, Enum, Error, ID, InputObject, SimpleObject};
use curtail_proto::analytics::v1::{TrendingLinksRequest, analytics_scope};
use curtail_proto::auth::v1 as auth;
use curtail_proto::links::v1 as links;
use curtail_proto::{instant, timestamp};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::analytics::{Analytics, AnalyticsInput, query};
use super::api_key::ApiKey;
use super::audit::{AuditConnection, audit_log};
use super::link::{Link, LinkState};
use super::loaders::prefetch;
use super::member::{Invitation, WorkspaceMember};
use super::page::{connection, page};
use super::problem::{fault, value};
use super::scalars::{Long, id, optional_instant, parse_id};
use super::webhook::{self, Webhook};
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// What a member may do; each role includes those before it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads links and statistics.
    Viewer,
    /// Also creates and changes links.
    Editor,
    /// Also manages API keys and members.
    Admin,
    /// Also owns the workspace.
    Owner,
}

mirror!(Role, auth::Role, Viewer, [Viewer, Editor, Admin, Owner]);

/// The quota class of a workspace.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// For evaluation and private use.
    Free,
    /// For teams.
    Pro,
    /// For companies.
    Enterprise,
}

mirror!(Plan, auth::Plan, Free, [Free, Pro, Enterprise]);

/// The order of a list of links.
#[derive(Enum, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkSort {
    /// Newest first.
    CreatedDesc,
    /// Oldest first.
    CreatedAsc,
    /// Last changed first.
    UpdatedDesc,
    /// By title, alphabetically.
    TitleAsc,
}

mirror!(LinkSort, links::LinkSort, CreatedDesc, [CreatedDesc, CreatedAsc, UpdatedDesc, TitleAsc]);

/// Conditions that must all hold.
#[derive(InputObject, Deserialize, ToSchema, Debug, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkFilter {
    /// Links that carry all of these.
    #[graphql(default)]
    #[serde(default)]
    pub tags: Vec<String>,
    /// Links in one of these states; without it, every state but `DELETED`.
    #[graphql(default)]
    #[serde(default)]
    pub states: Vec<LinkState>,
    /// Created at or after this time.
    #[serde(default, deserialize_with = "optional_instant")]
    pub created_from: Option<OffsetDateTime>,
    /// Created before this time.
    #[serde(default, deserialize_with = "optional_instant")]
    pub created_until: Option<OffsetDateTime>,
    /// On this short domain.
    pub domain: Option<String>,
    /// Created by this member.
    #[schema(value_type = Option<String>)]
    pub creator_id: Option<ID>,
    /// With exactly this destination.
    pub url: Option<String>,
}

impl From<LinkFilter> for links::LinkFilter {
    fn from(filter: LinkFilter) -> Self {
        Self {
            tags: filter.tags,
            states: filter.states.into_iter().map(|state| links::LinkState::from(state).into()).collect(),
            created_from: filter.created_from.map(timestamp),
            created_until: filter.created_until.map(timestamp),
            domain: filter.domain.unwrap_or_default(),
            creator_id: filter.creator_id.as_ref().map_or(0, |id| parse_id(id).max(1)),
            url: filter.url.unwrap_or_default(),
        }
    }
}

/// A workspace: links with the members and API keys that share them.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub struct Workspace {
    /// Opaque identifier.
    pub id: ID,
    /// Display name, set by its owner.
    pub name: String,
    /// Whether it is the personal workspace of an account.
    pub personal: bool,
    /// The plan of the workspace.
    pub plan: Plan,
    /// The role of the caller in the workspace.
    pub role: Role,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
}

impl From<auth::Workspace> for Workspace {
    fn from(workspace: auth::Workspace) -> Self {
        Self {
            id: id(workspace.id),
            plan: workspace.plan().into(),
            role: workspace.role().into(),
            name: workspace.name,
            personal: workspace.personal,
            created_at: instant(workspace.created_at),
        }
    }
}

/// A tag with the number of its links.
#[derive(SimpleObject, Debug)]
pub struct TagUse {
    /// Unique in the workspace, without regard to case.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// The number of links with this tag.
    pub link_count: Long,
}

/// A page of links.
pub type LinkConnection = Connection<String, Link, EmptyFields, EmptyFields>;

#[ComplexObject]
impl Workspace {
    /// A page of the workspace's links.
    #[allow(clippy::too_many_arguments)]
    async fn links(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<LinkFilter>,
        #[graphql(default_with = "LinkSort::CreatedDesc")] sort: LinkSort,
    ) -> Result<LinkConnection, Error> {
        list_links(ctx, parse_id(&self.id), page(first, after, last, before)?, filter, sort).await
    }

    /// All tags of the workspace.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<TagUse>, Error> {
        let request = ctx.data::<RequestContext>()?.read(links::ListTagsRequest { workspace_id: parse_id(&self.id) });
        let answer = value(ctx.data::<Upstreams>()?.links.clone().list_tags(request).await)?;
        let tag_use = |tag: links::Tag| TagUse { name: tag.name, color: tag.color, link_count: Long(tag.link_count) };
        Ok(answer.tags.into_iter().map(tag_use).collect())
    }

    /// The API keys of the workspace. Requires the role `ADMIN`.
    async fn api_keys(&self, ctx: &Context<'_>) -> Result<Vec<ApiKey>, Error> {
        let request = ctx.data::<RequestContext>()?.read(auth::ListApiKeysRequest { workspace_id: parse_id(&self.id) });
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().list_api_keys(request).await)?;
        Ok(answer.api_keys.into_iter().map(ApiKey::from).collect())
    }

    /// The members of the workspace, in the order in which they joined.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<WorkspaceMember>, Error> {
        let request = ctx.data::<RequestContext>()?.read(auth::ListMembersRequest { workspace_id: parse_id(&self.id) });
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().list_members(request).await)?;
        Ok(answer.members.into_iter().filter_map(WorkspaceMember::new).collect())
    }

    /// The pending invitations to the workspace, newest first. Requires the role `ADMIN`.
    async fn invitations(&self, ctx: &Context<'_>) -> Result<Vec<Invitation>, Error> {
        let message = auth::ListInvitationsRequest { workspace_id: parse_id(&self.id) };
        let request = ctx.data::<RequestContext>()?.read(message);
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().list_invitations(request).await)?;
        Ok(answer.invitations.into_iter().map(Invitation::from).collect())
    }

    /// The audit log of the workspace (members, keys and settings), newest first. Requires the role `ADMIN`.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<AuditConnection, Error> {
        audit_log(ctx, parse_id(&self.id), page(first, after, last, before)?).await
    }

    /// The webhooks of the workspace, oldest first. Requires the role `ADMIN`.
    async fn webhooks(&self, ctx: &Context<'_>) -> Result<Vec<Webhook>, Error> {
        webhook::list(ctx, parse_id(&self.id)).await
    }

    /// Click statistics of the workspace over a range, or of one of its tags or domains.
    async fn analytics(
        &self,
        ctx: &Context<'_>,
        input: AnalyticsInput,
        tag: Option<String>,
        domain: Option<String>,
    ) -> Result<Analytics, Error> {
        let of = match (tag, domain) {
            (None, None) => None,
            (Some(tag), None) => Some(analytics_scope::Of::Tag(tag)),
            (None, Some(domain)) => Some(analytics_scope::Of::Domain(domain)),
            (Some(_), Some(_)) => {
                let error = curtail_rpc::Error::new(
                    curtail_rpc::Code::Invalid,
                    "SCOPE_INVALID",
                    "give a tag or a domain, not both",
                );
                return Err(fault(error.field("domain")));
            }
        };
        query(ctx, parse_id(&self.id), of, input).await
    }
}

/// A page of the links of a workspace: one RPC, and one more for all totals or creators that are selected.
///
/// # Errors
/// `NOT_FOUND` when the caller does not belong to the workspace; otherwise what the service refused.
pub async fn list_links(
    ctx: &Context<'_>,
    workspace_id: i64,
    page: super::page::Page,
    filter: Option<LinkFilter>,
    sort: LinkSort,
) -> Result<LinkConnection, Error> {
    let message = links::ListLinksRequest {
        workspace_id,
        filter: filter.map(Into::into),
        sort: links::LinkSort::from(sort).into(),
        limit: page.limit,
        cursor: page.cursor.clone(),
        backwards: page.backwards,
    };
    let request = ctx.data::<RequestContext>()?.read(message);
    let answer = page.answer(ctx.data::<Upstreams>()?.links.clone().list_links(request).await)?;
    let entries = answer.entries.into_iter().filter_map(|entry| Some((entry.cursor, Link::from(entry.link?))));
    let (cursors, links): (Vec<_>, Vec<_>) = entries.unzip();
    let page_of = ctx.look_ahead();
    let of_edges = page_of.field("edges").field("node");
    let selection = if of_edges.exists() { of_edges } else { page_of.field("nodes") };
    prefetch(ctx, selection, &links).await?;
    Ok(connection(&page, answer.has_more, cursors.into_iter().zip(links)))
}

/// A link with many clicks in a recent window.
#[derive(SimpleObject, Debug)]
pub struct TrendingLink {
    /// The link.
    pub link: Link,
    /// Clicks in the window.
    pub clicks: Long,
    /// Clicks in the window of the same length before it.
    pub previous_clicks: Long,
}

/// The most clicked links of a workspace: one RPC for the ranking, one for the links.
///
/// # Errors
/// What the services refused.
pub async fn trending(
    ctx: &Context<'_>,
    workspace_id: i64,
    window_seconds: u32,
    limit: u32,
) -> Result<Vec<TrendingLink>, Error> {
    let (context, upstreams) = (ctx.data::<RequestContext>()?, ctx.data::<Upstreams>()?);
    let ranking = context.read(TrendingLinksRequest { workspace_id, window_seconds, limit });
    let ranking = value(upstreams.analytics.clone().trending_links(ranking).await)?.links;
    if ranking.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ranking.iter().map(|trend| trend.link_id).collect();
    let links = context.read(links::BatchGetLinksRequest { ids });
    let links = value(upstreams.links.clone().batch_get_links(links).await)?.links;
    let mut by_id: std::collections::HashMap<i64, links::Link> = links.into_iter().map(|l| (l.id, l)).collect();
    let (mut trending, mut shown) = (Vec::new(), Vec::new());
    for trend in ranking {
        let Some(link) = by_id.remove(&trend.link_id).map(Link::from) else { continue };
        shown.push(link.clone());
        let (clicks, previous_clicks) = (Long(trend.clicks), Long(trend.previous_clicks));
        trending.push(TrendingLink { link, clicks, previous_clicks });
    }
    prefetch(ctx, ctx.look_ahead().field("link"), &shown).await?;
    Ok(trending)
}
