//! What clients may say about links they make or change.

use async_graphql::{ID, InputObject, MaybeUndefined};
use curtail_proto::links::v1 as pb;
use curtail_proto::timestamp;
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::serde::rfc3339;
use utoipa::ToSchema;

use super::scalars::parse_id;

/// The fields of a new link.
#[derive(InputObject, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewLink)]
pub struct NewLinkInput {
    /// The destination: http or https, at most 8,192 bytes.
    pub url: String,
    /// The code to use, 1-255 characters in one or several segments (`sale/spring`); without it, a random one.
    pub alias: Option<String>,
    /// The short domain; without it, the default one.
    pub domain: Option<String>,
    /// At most 300 characters.
    pub title: Option<String>,
    /// At most 1,000 characters.
    pub description: Option<String>,
    /// At most 5,000 characters.
    pub notes: Option<String>,
    /// At most 255 characters.
    pub external_id: Option<String>,
    /// At most 20 names of 1-50 characters; new ones are made.
    #[graphql(default)]
    #[serde(default)]
    pub tags: Vec<String>,
    /// Before this instant the link answers 404.
    #[serde(default, with = "rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
    /// From this instant on it answers 410 or goes to the fallback.
    #[serde(default, with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// How many clicks it has in all.
    pub max_clicks: Option<u32>,
    /// 301, 302 (the default), 307 or 308.
    pub redirect_status: Option<u32>,
    /// Whether the visitor's query is added to the destination's.
    #[graphql(default)]
    #[serde(default)]
    pub forward_query: bool,
    /// Where visitors go when the link is over.
    pub fallback_url: Option<String>,
}

impl From<NewLinkInput> for pb::NewLink {
    fn from(input: NewLinkInput) -> Self {
        Self {
            url: input.url,
            alias: input.alias.unwrap_or_default(),
            domain: input.domain.unwrap_or_default(),
            title: input.title.unwrap_or_default(),
            description: input.description.unwrap_or_default(),
            notes: input.notes.unwrap_or_default(),
            external_id: input.external_id.unwrap_or_default(),
            tags: input.tags,
            starts_at: input.starts_at.map(timestamp),
            expires_at: input.expires_at.map(timestamp),
            max_clicks: input.max_clicks.unwrap_or(0),
            redirect_status: input.redirect_status.unwrap_or(0),
            forward_query: input.forward_query,
            fallback_url: input.fallback_url.unwrap_or_default(),
        }
    }
}

/// One new link.
#[derive(InputObject, Debug)]
pub struct CreateLinkInput {
    /// Without it, the caller's first workspace.
    pub workspace_id: Option<ID>,
    /// The link.
    #[graphql(flatten)]
    pub link: NewLinkInput,
    /// Gives back the oldest live link to the same destination, if there is one, instead of making another.
    #[graphql(default)]
    pub find_existing: bool,
    /// 1-128 visible ASCII characters; the same key answers as the first time for 24 hours.
    pub idempotency_key: Option<String>,
}

/// Up to 1,000 new links.
#[derive(InputObject, Debug)]
pub struct CreateLinksInput {
    /// Without it, the caller's first workspace.
    pub workspace_id: Option<ID>,
    /// The links; each has an outcome of its own.
    pub links: Vec<NewLinkInput>,
    /// As for `createLink`, for each of them.
    #[graphql(default)]
    pub find_existing: bool,
    /// As for `createLink`, for all of them together.
    pub idempotency_key: Option<String>,
}

/// A change of a link: what is left out stays, null clears.
#[derive(InputObject, Debug)]
pub struct UpdateLinkInput {
    /// The link to change.
    pub id: ID,
    /// The version the change was made from; without it, whatever is there is changed.
    pub version: Option<i64>,
    /// What changes.
    #[graphql(flatten)]
    pub patch: LinkPatchInput,
}

/// The fields of a link that change: what is left out stays, null clears.
#[derive(InputObject, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LinkPatch)]
pub struct LinkPatchInput {
    /// A new destination.
    pub url: Option<String>,
    /// A new title.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: MaybeUndefined<String>,
    /// A new description.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: MaybeUndefined<String>,
    /// New notes.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub notes: MaybeUndefined<String>,
    /// A new name in another system.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: MaybeUndefined<String>,
    /// Takes the place of all tags.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: MaybeUndefined<Vec<String>>,
    /// A new start.
    #[serde(default, deserialize_with = "instant_or_null")]
    #[schema(value_type = Option<OffsetDateTime>)]
    pub starts_at: MaybeUndefined<OffsetDateTime>,
    /// A new end.
    #[serde(default, deserialize_with = "instant_or_null")]
    #[schema(value_type = Option<OffsetDateTime>)]
    pub expires_at: MaybeUndefined<OffsetDateTime>,
    /// A new limit of clicks; null for none.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub max_clicks: MaybeUndefined<u32>,
    /// 301, 302, 307 or 308; null for the default.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub redirect_status: MaybeUndefined<u32>,
    /// Whether the visitor's query is added to the destination's.
    pub forward_query: Option<bool>,
    /// Where visitors go when the link is over; null for the page.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub fallback_url: MaybeUndefined<String>,
    /// Switches the link off or on.
    pub disabled: Option<bool>,
}

impl From<UpdateLinkInput> for pb::UpdateLinkRequest {
    fn from(input: UpdateLinkInput) -> Self {
        Self { id: parse_id(&input.id), version: input.version.unwrap_or(0), patch: Some(input.patch.into()) }
    }
}

impl From<LinkPatchInput> for pb::LinkPatch {
    fn from(input: LinkPatchInput) -> Self {
        Self {
            url: input.url,
            title: or_default(input.title),
            description: or_default(input.description),
            notes: or_default(input.notes),
            external_id: or_default(input.external_id),
            tags: or_default(input.tags).map(|names| pb::TagList { names }),
            starts_at: instant_patch(input.starts_at),
            expires_at: instant_patch(input.expires_at),
            max_clicks: or_default(input.max_clicks),
            redirect_status: or_default(input.redirect_status),
            forward_query: input.forward_query,
            fallback_url: or_default(input.fallback_url),
            disabled: input.disabled,
        }
    }
}

/// An instant of JSON; a field that is left out never gets here.
pub(crate) fn instant_or_null<'de, D: Deserializer<'de>>(field: D) -> Result<MaybeUndefined<OffsetDateTime>, D::Error> {
    rfc3339::option::deserialize(field).map(|at| at.map_or(MaybeUndefined::Null, MaybeUndefined::Value))
}

/// Null sets a field to its empty value; what is left out is not part of the patch.
fn or_default<T: Default>(field: MaybeUndefined<T>) -> Option<T> {
    match field {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(T::default()),
        MaybeUndefined::Value(value) => Some(value),
    }
}

fn instant_patch(field: MaybeUndefined<OffsetDateTime>) -> Option<pb::InstantPatch> {
    match field {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(pb::InstantPatch { value: None }),
        MaybeUndefined::Value(at) => Some(pb::InstantPatch { value: Some(timestamp(at)) }),
    }
}
