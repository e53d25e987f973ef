//! Links as clients read them.

use async_graphql::{ComplexObject, Context, Enum, Error, ID, SimpleObject};
use curtail_proto::analytics::v1::analytics_scope;
use curtail_proto::instant;
use curtail_proto::links::v1 as pb;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::analytics::{Analytics, AnalyticsInput, ClickTotals, query};
use super::loaders::{TotalsLoader, UsersLoader};
use super::member::Member;
use super::scalars::{Long, id};

/// The current state of a link.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkState {
    /// Redirects.
    Active,
    /// `startsAt` is in the future.
    Scheduled,
    /// `expiresAt` has passed.
    Expired,
    /// The limit `maxClicks` is reached.
    Exhausted,
    /// Disabled by a member.
    Disabled,
    /// Deleted; can be restored.
    Deleted,
    /// Blocked by the operator: returns 451, see `blockReason`.
    Blocked,
}

mirror!(LinkState, pb::LinkState, Disabled, [Active, Scheduled, Expired, Exhausted, Disabled, Deleted, Blocked]);

/// A label of a workspace.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Clone)]
pub struct Tag {
    /// Unique in the workspace, without regard to case.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
}

impl From<pb::Tag> for Tag {
    fn from(tag: pb::Tag) -> Self {
        Self { name: tag.name, color: tag.color }
    }
}

/// A short link.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Clone)]
#[graphql(complex)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Opaque identifier; sorts by creation.
    #[schema(value_type = String)]
    pub id: ID,
    /// The path of the short URL, as it was entered.
    pub code: String,
    /// Host of the short domain.
    pub domain: String,
    /// The complete short URL.
    pub short_url: String,
    /// The destination in normalized form, exactly as it is sent to visitors.
    pub url: String,
    /// Title, shown in lists.
    pub title: String,
    /// Description for the people who share it.
    pub description: String,
    /// Notes, visible to members only.
    pub notes: String,
    /// Identifier of the link in another system.
    pub external_id: String,
    /// Labels.
    pub tags: Vec<Tag>,
    /// The current state of the link.
    pub state: LinkState,
    /// Incremented by each change; send it back with an update.
    pub version: i64,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub updated_at: Option<OffsetDateTime>,
    /// Before this time the link returns 404.
    #[serde(with = "time::serde::rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
    /// From this time on the link returns 410, or redirects to `fallbackUrl`.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The maximum number of clicks; null for no limit.
    pub max_clicks: Option<u32>,
    /// Clicks counted against `maxClicks`; only counted if there is a limit.
    pub used_clicks: u32,
    /// 301, 302, 307 or 308.
    pub redirect_status: u32,
    /// Whether the query string of the visitor is appended to the destination.
    pub forward_query: bool,
    /// Where visitors are redirected after the link has expired; null for the standard page.
    pub fallback_url: Option<String>,
    /// Why the operator blocked the link; null unless it is blocked.
    pub block_reason: Option<String>,
    /// When it was deleted.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
    /// The workspace that owns the link.
    #[schema(value_type = String)]
    pub workspace_id: ID,
    #[graphql(skip)]
    #[serde(skip)]
    ids: Ids,
}

#[derive(Debug, Clone, Copy)]
struct Ids {
    link: i64,
    workspace: i64,
    creator: i64,
}

impl From<pb::Link> for Link {
    fn from(link: pb::Link) -> Self {
        Self {
            id: id(link.id),
            workspace_id: id(link.workspace_id),
            block_reason: (link.state() == pb::LinkState::Blocked).then(|| link.block_reason.clone()),
            ids: Ids { link: link.id, workspace: link.workspace_id, creator: link.creator_id },
            state: link.state().into(),
            code: link.code,
            domain: link.domain,
            short_url: link.short_url,
            url: link.url,
            title: link.title,
            description: link.description,
            notes: link.notes,
            external_id: link.external_id,
            tags: link.tags.into_iter().map(Tag::from).collect(),
            version: link.version,
            created_at: instant(link.created_at),
            updated_at: instant(link.updated_at),
            starts_at: instant(link.starts_at),
            expires_at: instant(link.expires_at),
            max_clicks: (link.max_clicks > 0).then_some(link.max_clicks),
            used_clicks: link.used_clicks,
            redirect_status: link.redirect_status,
            forward_query: link.forward_query,
            fallback_url: (!link.fallback_url.is_empty()).then_some(link.fallback_url),
            deleted_at: instant(link.deleted_at),
        }
    }
}

impl Link {
    /// What the loader of totals finds the link's by.
    pub fn totals_key(&self) -> (i64, i64) {
        (self.ids.link, self.ids.workspace)
    }

    /// The account that made the link.
    pub fn creator_id(&self) -> i64 {
        self.ids.creator
    }
}

#[ComplexObject]
impl Link {
    /// Clicks of the link's whole life. A page of links asks for all of them at once.
    async fn totals(&self, ctx: &Context<'_>) -> Result<ClickTotals, Error> {
        Ok(ctx.data::<TotalsLoader>()?.load_one(self.totals_key()).await?.unwrap_or_default())
    }

    /// All clicks of the link, humans and bots.
    async fn clicks(&self, ctx: &Context<'_>) -> Result<Long, Error> {
        Ok(self.totals(ctx).await?.clicks)
    }

    /// The creator of the link; null if the account was erased.
    async fn creator(&self, ctx: &Context<'_>) -> Result<Option<Member>, Error> {
        ctx.data::<UsersLoader>()?.load_one(self.ids.creator).await
    }

    /// Clicks of the link over a range.
    async fn analytics(&self, ctx: &Context<'_>, input: AnalyticsInput) -> Result<Analytics, Error> {
        query(ctx, self.ids.workspace, Some(analytics_scope::Of::LinkId(self.ids.link)), input).await
    }
}
