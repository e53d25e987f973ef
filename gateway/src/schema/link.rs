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

/// What a link does at the moment.
#[derive(Enum, Serialize, Deserialize, ToSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkState {
    /// Redirects.
    Active,
    /// `startsAt` lies ahead.
    Scheduled,
    /// `expiresAt` has passed.
    Expired,
    /// `maxClicks` are used up.
    Exhausted,
    /// Switched off by hand.
    Disabled,
    /// Deleted; can be restored.
    Deleted,
    /// Taken down by the operator: answers 451, see `blockReason`.
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
    /// Opaque; sorts by creation.
    #[schema(value_type = String)]
    pub id: ID,
    /// What is typed behind the domain, as it was entered.
    pub code: String,
    /// Host of the short domain.
    pub domain: String,
    /// The whole short URL, ready to be shared.
    pub short_url: String,
    /// The destination in normalised form, exactly as it is sent to visitors.
    pub url: String,
    /// Shown in lists.
    pub title: String,
    /// For the people who share it.
    pub description: String,
    /// For the members only.
    pub notes: String,
    /// The link's name in another system.
    pub external_id: String,
    /// Labels.
    pub tags: Vec<Tag>,
    /// What the link does at the moment.
    pub state: LinkState,
    /// Grows with each change; give it back with an update.
    pub version: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub updated_at: Option<OffsetDateTime>,
    /// Before this instant it answers 404.
    #[serde(with = "time::serde::rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
    /// From this instant on it answers 410 or goes to the fallback.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// How many clicks it has in all; null for no limit.
    pub max_clicks: Option<u32>,
    /// How many of them are used up; only counted when there is a limit.
    pub used_clicks: u32,
    /// 301, 302, 307 or 308.
    pub redirect_status: u32,
    /// Whether the visitor's query is added to the destination's.
    pub forward_query: bool,
    /// Where visitors go when the link is over; null for the page that says so.
    pub fallback_url: Option<String>,
    /// What the operator says about the take-down; null unless the link is blocked.
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

    /// Clicks of the link's whole life, humans and bots.
    async fn clicks(&self, ctx: &Context<'_>) -> Result<Long, Error> {
        Ok(self.totals(ctx).await?.clicks)
    }

    /// Who made the link; null when the account is gone.
    async fn creator(&self, ctx: &Context<'_>) -> Result<Option<Member>, Error> {
        ctx.data::<UsersLoader>()?.load_one(self.ids.creator).await
    }

    /// Clicks of the link over a range.
    async fn analytics(&self, ctx: &Context<'_>, input: AnalyticsInput) -> Result<Analytics, Error> {
        query(ctx, self.ids.workspace, Some(analytics_scope::Of::LinkId(self.ids.link)), input).await
    }
}
