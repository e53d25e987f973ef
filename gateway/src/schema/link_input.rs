//! What clients may say about links they make or change.

use async_graphql::{ID, InputObject, MaybeUndefined};
use curtail_proto::links::v1 as pb;
use curtail_proto::timestamp;
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::scalars::{any_version, optional_instant, parse_id};

/// The fields of a new link.
#[derive(InputObject, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewLink)]
pub struct NewLinkInput {
    /// The destination: http or https, at most 8,192 bytes.
    pub url: String,
    /// The code to use, 1-255 characters in one or several segments (`sale/spring`); a random one, if omitted.
    pub alias: Option<String>,
    /// The short domain; the default one, if omitted.
    pub domain: Option<String>,
    /// At most 300 characters.
    pub title: Option<String>,
    /// At most 1,000 characters.
    pub description: Option<String>,
    /// At most 5,000 characters.
    pub notes: Option<String>,
    /// At most 255 characters.
    pub external_id: Option<String>,
    /// At most 20 names of 1-50 characters. New tags are created.
    #[graphql(default)]
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Vec<String>,
    /// Before this time the link returns 404.
    #[serde(default, deserialize_with = "optional_instant")]
    pub starts_at: Option<OffsetDateTime>,
    /// From this time on the link returns 410, or redirects to `fallbackUrl`.
    #[serde(default, deserialize_with = "optional_instant")]
    pub expires_at: Option<OffsetDateTime>,
    /// The maximum number of clicks.
    pub max_clicks: Option<u32>,
    /// 301, 302 (the default), 307 or 308.
    pub redirect_status: Option<u32>,
    /// Whether the query string of the visitor is appended to the destination.
    #[graphql(default)]
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<bool>)]
    pub forward_query: bool,
    /// Where visitors are redirected after the link has expired.
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

/// Input of `createLink`.
#[derive(InputObject, Debug)]
pub struct CreateLinkInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// The link.
    #[graphql(flatten)]
    pub link: NewLinkInput,
    /// Returns the oldest live link to the same destination, if there is one, instead of creating another.
    #[graphql(default)]
    pub find_existing: bool,
    /// 1-128 visible ASCII characters. A repeated request with the same key returns the first response for 24 hours.
    pub idempotency_key: Option<String>,
}

/// Input of `createLinks`: up to 1,000 new links.
#[derive(InputObject, Debug)]
pub struct CreateLinksInput {
    /// The workspace; the caller's first one, if omitted.
    pub workspace_id: Option<ID>,
    /// The links; each has its own result.
    pub links: Vec<NewLinkInput>,
    /// As for `createLink`, for each of them.
    #[graphql(default)]
    pub find_existing: bool,
    /// As for `createLink`, for all of them together.
    pub idempotency_key: Option<String>,
}

/// Input of `updateLink`. Omitted fields stay as they are; null clears a field.
#[derive(InputObject, Debug)]
pub struct UpdateLinkInput {
    /// The link to change.
    pub id: ID,
    /// The version that the change is based on; any version, if omitted.
    pub version: Option<i64>,
    /// The changes.
    #[graphql(flatten)]
    pub patch: LinkPatchInput,
}

/// The fields of a link to change. Omitted fields stay as they are; null clears a field.
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
    /// A new identifier in another system.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: MaybeUndefined<String>,
    /// Replaces all tags.
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
    /// A new maximum number of clicks; null for no limit.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub max_clicks: MaybeUndefined<u32>,
    /// 301, 302, 307 or 308; null for the default.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub redirect_status: MaybeUndefined<u32>,
    /// Whether the query string of the visitor is appended to the destination.
    pub forward_query: Option<bool>,
    /// Where visitors are redirected after the link has expired; null for the standard page.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub fallback_url: MaybeUndefined<String>,
    /// Disables or enables the link.
    pub disabled: Option<bool>,
}

impl From<UpdateLinkInput> for pb::UpdateLinkRequest {
    fn from(input: UpdateLinkInput) -> Self {
        Self { id: parse_id(&input.id), version: any_version(input.version), patch: Some(input.patch.into()) }
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

/// In JSON, null stands for a field that is left out.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(field: D) -> Result<T, D::Error> {
    Option::deserialize(field).map(Option::unwrap_or_default)
}

/// An instant of JSON; a field that is left out never gets here.
pub(crate) fn instant_or_null<'de, D: Deserializer<'de>>(field: D) -> Result<MaybeUndefined<OffsetDateTime>, D::Error> {
    optional_instant(field).map(|at| at.map_or(MaybeUndefined::Null, MaybeUndefined::Value))
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
