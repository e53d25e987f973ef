//! Mutations of links and tags.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::links::v1 as pb;
use curtail_proto::links::v1::batch_create_links_response::outcome::Result as ItemResult;

use super::link::{Link, Tag};
use super::link_input::{CreateLinkInput, CreateLinksInput, UpdateLinkInput};
use super::problem::{UserError, outcome};
use super::scalars::{any_version, parse_id};
use super::{signed_in, workspace_or_default};
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// Payload of mutations of one link.
#[derive(SimpleObject, Debug, Default)]
pub struct LinkPayload {
    /// The link after the mutation; null on failure.
    pub link: Option<Link>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Payload of `createLink`, and the result of one link of `createLinks`.
#[derive(SimpleObject, Debug, Default)]
pub struct CreateLinkPayload {
    /// The link; null on failure.
    pub link: Option<Link>,
    /// Whether the link existed before.
    pub existed: bool,
    /// Why nothing was created.
    pub user_errors: Vec<UserError>,
}

/// Payload of `createLinks`.
#[derive(SimpleObject, Debug, Default)]
pub struct CreateLinksPayload {
    /// One result per link, in the order of the input.
    pub outcomes: Vec<CreateLinkPayload>,
    /// Why the whole request was refused.
    pub user_errors: Vec<UserError>,
}

/// A tag and its colour.
#[derive(InputObject, Debug)]
pub struct SetTagInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// 1-50 characters.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
}

/// Payload of `setTag`.
#[derive(SimpleObject, Debug, Default)]
pub struct SetTagPayload {
    /// The tag after the mutation; null on failure.
    pub tag: Option<Tag>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Mutations of links and tags.
#[derive(Default)]
pub struct LinkMutation;

#[Object]
impl LinkMutation {
    /// Shortens a URL.
    async fn create_link(&self, ctx: &Context<'_>, input: CreateLinkInput) -> Result<CreateLinkPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let message = pb::CreateLinkRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            link: Some(input.link.into()),
            find_existing: input.find_existing,
            idempotency_key: input.idempotency_key.unwrap_or_default(),
        };
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(match outcome(links.create_link(context.write(message)).await)? {
            Ok(answer) => {
                CreateLinkPayload { link: answer.link.map(Link::from), existed: answer.existed, ..Default::default() }
            }
            Err(error) => CreateLinkPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Shortens up to 1,000 URLs.
    async fn create_links(&self, ctx: &Context<'_>, input: CreateLinksInput) -> Result<CreateLinksPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let message = pb::BatchCreateLinksRequest {
            workspace_id: workspace_or_default(context, input.workspace_id)?,
            links: input.links.into_iter().map(Into::into).collect(),
            find_existing: input.find_existing,
            idempotency_key: input.idempotency_key.unwrap_or_default(),
        };
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(match outcome(links.batch_create_links(context.write(message)).await)? {
            Ok(answer) => CreateLinksPayload {
                outcomes: answer.outcomes.into_iter().map(item).collect(),
                user_errors: Vec::new(),
            },
            Err(error) => CreateLinksPayload { user_errors: vec![error], ..Default::default() },
        })
    }

    /// Changes a link.
    async fn update_link(&self, ctx: &Context<'_>, input: UpdateLinkInput) -> Result<LinkPayload, Error> {
        let context = signed_in(ctx)?;
        let request = context.write(pb::UpdateLinkRequest::from(input));
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(payload(outcome(links.update_link(request).await)?.map(|answer| answer.link)))
    }

    /// Deletes a link. Its code returns 410 and is never reused.
    async fn delete_link(&self, ctx: &Context<'_>, id: ID, version: Option<i64>) -> Result<LinkPayload, Error> {
        let context = signed_in(ctx)?;
        let request = context.write(pb::DeleteLinkRequest { id: parse_id(&id), version: any_version(version) });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(payload(outcome(links.delete_link(request).await)?.map(|answer| answer.link)))
    }

    /// Restores a deleted link.
    async fn restore_link(&self, ctx: &Context<'_>, id: ID) -> Result<LinkPayload, Error> {
        let context = signed_in(ctx)?;
        let request = context.write(pb::RestoreLinkRequest { id: parse_id(&id) });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(payload(outcome(links.restore_link(request).await)?.map(|answer| answer.link)))
    }

    /// Creates a tag, or changes its colour.
    async fn set_tag(&self, ctx: &Context<'_>, input: SetTagInput) -> Result<SetTagPayload, Error> {
        let context = ctx.data::<RequestContext>()?;
        let workspace_id = workspace_or_default(context, input.workspace_id)?;
        let request = context.write(pb::SetTagRequest { workspace_id, name: input.name, color: input.color });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(match outcome(links.set_tag(request).await)? {
            Ok(answer) => SetTagPayload { tag: answer.tag.map(Tag::from), user_errors: Vec::new() },
            Err(error) => SetTagPayload { user_errors: vec![error], ..Default::default() },
        })
    }
}

fn payload(result: Result<Option<pb::Link>, UserError>) -> LinkPayload {
    match result {
        Ok(link) => LinkPayload { link: link.map(Link::from), user_errors: Vec::new() },
        Err(error) => LinkPayload { link: None, user_errors: vec![error] },
    }
}

fn item(outcome: pb::batch_create_links_response::Outcome) -> CreateLinkPayload {
    match outcome.result {
        Some(ItemResult::Link(link)) => {
            CreateLinkPayload { link: Some(link.into()), existed: outcome.existed, user_errors: Vec::new() }
        }
        Some(ItemResult::Problem(problem)) => {
            CreateLinkPayload { user_errors: vec![problem.into()], ..Default::default() }
        }
        None => CreateLinkPayload::default(),
    }
}
