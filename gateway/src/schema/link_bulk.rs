//! Mutations of many links, and of tags with the links that carry them.

use async_graphql::{Context, Error, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use curtail_proto::links::v1 as pb;
use curtail_proto::links::v1::bulk_outcome::Result as Ending;
use curtail_proto::links::v1::link_selection::By;
use curtail_proto::timestamp;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::link::{Link, Tag};
use super::link_input::instant_or_null;
use super::problem::{UserError, outcome};
use super::scalars::{id, parse_id};
use super::workspace::LinkFilter;
use super::workspace_or_default;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// The links of a bulk operation: either `ids`, or `filter` with `expectedCount`.
#[derive(InputObject, Deserialize, ToSchema, Debug, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkSelection {
    /// 1-1,000 ids.
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 1000)]
    pub ids: Option<Vec<ID>>,
    /// All links that meet it.
    pub filter: Option<LinkFilter>,
    /// How many links you expect the filter to find, 1-1,000. When it is another number, nothing changes.
    #[schema(minimum = 1, maximum = 1000)]
    pub expected_count: Option<u32>,
}

impl From<LinkSelection> for pb::LinkSelection {
    fn from(selection: LinkSelection) -> Self {
        let LinkSelection { ids, filter, expected_count } = selection;
        let by = match (ids, filter) {
            (Some(ids), None) => Some(By::Ids(pb::LinkIds { ids: ids.iter().map(|id| parse_id(id)).collect() })),
            (None, Some(filter)) => Some(By::Filtered(pb::FilteredLinks {
                filter: Some(filter.into()),
                expected_count: expected_count.unwrap_or(0),
            })),
            // The service refuses both and neither.
            _ => None,
        };
        Self { by }
    }
}

impl LinkSelection {
    /// How many links it is about, as far as the request says.
    pub fn len(&self) -> usize {
        let expected = self.expected_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        self.ids.as_ref().map_or(expected, Vec::len)
    }
}

/// A change of many links: what is left out stays.
#[derive(InputObject, Deserialize, ToSchema, Debug, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkChange {
    /// Disables or enables the links.
    pub disabled: Option<bool>,
    /// Tags to add; new ones are created.
    #[graphql(default)]
    #[serde(default)]
    pub add_tags: Vec<String>,
    /// Tags to remove, without regard to case.
    #[graphql(default)]
    #[serde(default)]
    pub remove_tags: Vec<String>,
    /// A new expiry; null for none.
    #[serde(default, deserialize_with = "instant_or_null")]
    #[schema(value_type = Option<OffsetDateTime>)]
    pub expires_at: MaybeUndefined<OffsetDateTime>,
    /// Restores deleted links. A filter without states then finds deleted ones.
    #[graphql(default)]
    #[serde(default)]
    pub restore: bool,
}

impl From<BulkChange> for pb::BulkChange {
    fn from(change: BulkChange) -> Self {
        Self {
            disabled: change.disabled,
            add_tags: change.add_tags,
            remove_tags: change.remove_tags,
            expires_at: match change.expires_at {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(pb::InstantPatch { value: None }),
                MaybeUndefined::Value(at) => Some(pb::InstantPatch { value: Some(timestamp(at)) }),
            },
            restore: change.restore,
        }
    }
}

/// A change of many links.
#[derive(InputObject, Debug)]
pub struct UpdateLinksInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// Which links.
    #[graphql(flatten)]
    pub links: LinkSelection,
    /// The changes.
    #[graphql(flatten)]
    pub change: BulkChange,
}

/// Links to delete.
#[derive(InputObject, Debug)]
pub struct DeleteLinksInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// Which links.
    #[graphql(flatten)]
    pub links: LinkSelection,
}

/// The result of a bulk operation.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct BulkLinksPayload {
    /// One for each link, in the order of `ids`; for a filter, in the order of creation.
    pub outcomes: Vec<BulkLinkOutcome>,
    /// Why the whole request was refused.
    #[serde(skip)]
    pub user_errors: Vec<UserError>,
}

/// The outcome of one link.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
pub struct BulkLinkOutcome {
    /// The link's id.
    #[schema(value_type = String)]
    pub id: ID,
    /// The link as it is now; null when `error` says why it was refused.
    pub link: Option<Link>,
    /// Whether it changed; `false` when it already was as requested.
    pub changed: bool,
    /// Why it was refused.
    pub error: Option<UserError>,
}

impl From<pb::BulkOutcome> for BulkLinkOutcome {
    fn from(outcome: pb::BulkOutcome) -> Self {
        let (link, error) = match outcome.result {
            Some(Ending::Link(link)) => (Some(link.into()), None),
            Some(Ending::Problem(problem)) => (None, Some(problem.into())),
            None => (None, None),
        };
        Self { id: id(outcome.id), link, changed: outcome.changed, error }
    }
}

impl From<Result<Vec<pb::BulkOutcome>, UserError>> for BulkLinksPayload {
    fn from(result: Result<Vec<pb::BulkOutcome>, UserError>) -> Self {
        match result {
            Ok(outcomes) => Self { outcomes: outcomes.into_iter().map(Into::into).collect(), user_errors: Vec::new() },
            Err(error) => Self { outcomes: Vec::new(), user_errors: vec![error] },
        }
    }
}

/// A new name of a tag.
#[derive(InputObject, Debug)]
pub struct RenameTagInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// The tag.
    pub name: String,
    /// 1-50 characters.
    pub new_name: String,
}

/// Tags to merge.
#[derive(InputObject, Debug)]
pub struct MergeTagsInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// 1-20 tags that end.
    pub names: Vec<String>,
    /// The tag that replaces them; it is created if it is missing.
    pub into: String,
}

/// A tag to delete.
#[derive(InputObject, Debug)]
pub struct DeleteTagInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// The tag.
    pub name: String,
}

/// The result of a change of tags.
#[derive(SimpleObject, Serialize, ToSchema, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct TagChangePayload {
    /// The tag as it is now; null after `deleteTag`.
    pub tag: Option<Tag>,
    /// How many links changed.
    pub link_count: u32,
    /// Why nothing was done.
    #[serde(skip)]
    pub user_errors: Vec<UserError>,
}

/// Mutations of many links.
#[derive(Default)]
pub struct LinkBulkMutation;

#[Object]
impl LinkBulkMutation {
    /// Changes up to 1,000 links in one way. A link that is refused does not hold up the others.
    async fn update_links(&self, ctx: &Context<'_>, input: UpdateLinksInput) -> Result<BulkLinksPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let request = context.write(pb::BatchUpdateLinksRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            selection: Some(input.links.into()),
            change: Some(input.change.into()),
        });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(outcome(links.batch_update_links(request).await)?.map(|answer| answer.outcomes).into())
    }

    /// Deletes up to 1,000 links. Their codes answer 410 and are never given to others.
    async fn delete_links(&self, ctx: &Context<'_>, input: DeleteLinksInput) -> Result<BulkLinksPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let request = context.write(pb::BatchDeleteLinksRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            selection: Some(input.links.into()),
        });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(outcome(links.batch_delete_links(request).await)?.map(|answer| answer.outcomes).into())
    }

    /// Renames a tag on every link that carries it.
    async fn rename_tag(&self, ctx: &Context<'_>, input: RenameTagInput) -> Result<TagChangePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let workspace_id = workspace_or_default(context, input.workspace_id)?;
        let request = context.write(pb::RenameTagRequest { workspace_id, name: input.name, new_name: input.new_name });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        let result = outcome(links.rename_tag(request).await)?;
        Ok(tag_change(result.map(|answer| (answer.tag, answer.links))))
    }

    /// Replaces tags by another one on every link that carries them.
    async fn merge_tags(&self, ctx: &Context<'_>, input: MergeTagsInput) -> Result<TagChangePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let workspace_id = workspace_or_default(context, input.workspace_id)?;
        let request = context.write(pb::MergeTagsRequest { workspace_id, names: input.names, into: input.into });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        let result = outcome(links.merge_tags(request).await)?;
        Ok(tag_change(result.map(|answer| (answer.tag, answer.links))))
    }

    /// Removes a tag from every link that carries it.
    async fn delete_tag(&self, ctx: &Context<'_>, input: DeleteTagInput) -> Result<TagChangePayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let workspace_id = workspace_or_default(context, input.workspace_id)?;
        let request = context.write(pb::DeleteTagRequest { workspace_id, name: input.name });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        let result = outcome(links.delete_tag(request).await)?;
        Ok(tag_change(result.map(|answer| (None, answer.links))))
    }
}

fn tag_change(result: Result<(Option<pb::Tag>, u32), UserError>) -> TagChangePayload {
    match result {
        Ok((tag, link_count)) => TagChangePayload { tag: tag.map(Tag::from), link_count, user_errors: Vec::new() },
        Err(error) => TagChangePayload { user_errors: vec![error], ..TagChangePayload::default() },
    }
}
