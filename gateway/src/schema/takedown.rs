//! Take-downs of links by administrators of the platform.

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use curtail_proto::instant;
use curtail_proto::links::v1 as pb;
use curtail_proto::links::v1::link_ref::{Address, By};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::problem::{UserError, fault, outcome, value};
use super::scalars::{id, parse_id};
use super::signed_in;
use crate::upstreams::Upstreams;

/// A take-down of a link, or its release.
#[derive(SimpleObject, Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Takedown {
    /// The link.
    #[schema(value_type = String)]
    pub link_id: ID,
    /// `false` for a release.
    pub blocked: bool,
    /// Why; for administrators of the platform only.
    pub reason: String,
    /// What the owner and visitors read.
    pub public_reason: String,
    /// The account of the administrator; null for the command line.
    #[schema(value_type = Option<String>)]
    pub operator_id: Option<ID>,
    /// When the action happened.
    #[serde(with = "time::serde::rfc3339::option")]
    pub at: Option<OffsetDateTime>,
}

impl From<pb::Takedown> for Takedown {
    fn from(takedown: pb::Takedown) -> Self {
        Self {
            link_id: id(takedown.link_id),
            blocked: takedown.blocked,
            operator_id: (takedown.operator_id != 0).then(|| id(takedown.operator_id)),
            at: instant(takedown.at),
            reason: takedown.reason,
            public_reason: takedown.public_reason,
        }
    }
}

/// The link to take down, by `id` or by `code`, and why.
#[derive(InputObject, Debug)]
pub struct BlockLinkInput {
    /// The link's id.
    pub id: Option<ID>,
    /// The link's code.
    pub code: Option<String>,
    /// The short domain of `code`; without it, the default one.
    pub domain: Option<String>,
    /// 1-1,000 characters, for administrators of the platform only.
    pub reason: String,
    /// At most 300 characters, shown to the owner and on the page that visitors see.
    pub public_reason: Option<String>,
}

/// The link to release, by `id` or by `code`.
#[derive(InputObject, Debug)]
pub struct ReleaseLinkInput {
    /// The link's id.
    pub id: Option<ID>,
    /// The link's code.
    pub code: Option<String>,
    /// The short domain of `code`; without it, the default one.
    pub domain: Option<String>,
    /// At most 1,000 characters, for administrators of the platform only.
    pub reason: Option<String>,
}

/// The result of `blockLink` and `releaseLink`.
#[derive(SimpleObject, Debug, Default)]
pub struct TakedownPayload {
    /// The new entry of the link's history; null when nothing was done.
    pub takedown: Option<Takedown>,
    /// Why nothing was done.
    pub user_errors: Vec<UserError>,
}

/// Mutations that take links down.
#[derive(Default)]
pub struct TakedownMutation;

#[Object]
impl TakedownMutation {
    /// Takes a link down: it answers 451, and its members cannot change it, until it is released. Doing it again changes the
    /// public reason. For administrators of the platform.
    async fn block_link(&self, ctx: &Context<'_>, input: BlockLinkInput) -> Result<TakedownPayload, Error> {
        let context = signed_in(ctx)?;
        let request = context.write(pb::BlockLinkRequest {
            link: Some(link_ref(input.id, input.code, input.domain)?),
            reason: input.reason,
            public_reason: input.public_reason.unwrap_or_default(),
        });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(payload(outcome(links.block_link(request).await)?.map(|answer| answer.takedown)))
    }

    /// Ends the take-down of a link. A link that is not blocked stays as it is. For administrators of the platform.
    async fn release_link(&self, ctx: &Context<'_>, input: ReleaseLinkInput) -> Result<TakedownPayload, Error> {
        let context = signed_in(ctx)?;
        let request = context.write(pb::ReleaseLinkRequest {
            link: Some(link_ref(input.id, input.code, input.domain)?),
            reason: input.reason.unwrap_or_default(),
        });
        let mut links = ctx.data::<Upstreams>()?.links.clone();
        Ok(payload(outcome(links.release_link(request).await)?.map(|answer| answer.takedown)))
    }
}

/// The history of a link, newest first.
///
/// # Errors
/// What the service refused.
pub async fn takedowns(
    ctx: &Context<'_>,
    id: Option<ID>,
    code: Option<String>,
    domain: Option<String>,
) -> Result<Vec<Takedown>, Error> {
    let context = signed_in(ctx)?;
    let request = context.read(pb::ListTakedownsRequest { link: Some(link_ref(id, code, domain)?) });
    let answer = value(ctx.data::<Upstreams>()?.links.clone().list_takedowns(request).await)?;
    Ok(answer.takedowns.into_iter().map(Takedown::from).collect())
}

fn link_ref(id: Option<ID>, code: Option<String>, domain: Option<String>) -> Result<pb::LinkRef, Error> {
    let by = match (id, code) {
        (Some(id), None) => By::Id(parse_id(&id)),
        (None, Some(code)) => By::Address(Address { domain: domain.unwrap_or_default(), code }),
        _ => {
            let message = "give an id or a code, not both";
            let error = curtail_rpc::Error::new(curtail_rpc::Code::Invalid, "LINK_REF_INVALID", message);
            return Err(fault(error.field("id")));
        }
    };
    Ok(pb::LinkRef { by: Some(by) })
}

fn payload(result: Result<Option<pb::Takedown>, UserError>) -> TakedownPayload {
    match result {
        Ok(takedown) => TakedownPayload { takedown: takedown.map(Takedown::from), user_errors: Vec::new() },
        Err(error) => TakedownPayload { takedown: None, user_errors: vec![error] },
    }
}
