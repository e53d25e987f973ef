//! The GraphQL schema: types, resolvers and loaders over the upstream services.
//!
//! A resolver converts and calls; whether the caller may is decided by the service that owns the data. Outcomes that a
//! client must expect are `userErrors` of the payload, everything else is an error with a code (see [`problem`]).

#[macro_use]
mod mirror;

mod account;
mod account_mutation;
pub(crate) mod analytics;
pub(crate) mod api_key;
mod audit;
mod clicks;
mod erasure_mutation;
mod invitation_mutation;
pub(crate) mod link;
pub(crate) mod link_bulk;
mod link_changes;
pub(crate) mod link_input;
mod link_mutation;
mod loaders;
mod member;
mod member_mutation;
mod notification;
pub(crate) mod page;
mod phone;
pub(crate) mod problem;
mod queries;
mod recovery_mutation;
pub(crate) mod scalars;
pub(crate) mod search;
mod subscription;
pub(crate) mod takedown;
mod webhook;
mod webhook_mutation;
pub(crate) mod workspace;

use async_graphql::{Context, Error, ID, MergedObject, Schema};

use curtail_graphql_http::InputTypes;
pub use loaders::attach;
pub use queries::Query;
pub use subscription::Subscription;

use crate::live::LiveFeeds;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// All mutations.
#[derive(MergedObject, Default)]
pub struct Mutation(
    account_mutation::AccountMutation,
    recovery_mutation::RecoveryMutation,
    erasure_mutation::ErasureMutation,
    member_mutation::MemberMutation,
    invitation_mutation::InvitationMutation,
    api_key::ApiKeyMutation,
    link_mutation::LinkMutation,
    link_bulk::LinkBulkMutation,
    takedown::TakedownMutation,
    webhook_mutation::WebhookMutation,
    notification::NotificationMutation,
    phone::PhoneMutation,
);

/// The executable schema.
pub type CurtailSchema = Schema<Query, Mutation, Subscription>;

/// Builds the schema over `upstreams`. Each request needs its own data: the [`RequestContext`] and, by [`attach`], loaders.
/// `suggestions`: whether validation names similar fields and arguments.
pub fn build(upstreams: Upstreams, feeds: LiveFeeds, suggestions: bool) -> CurtailSchema {
    let schema = Schema::build(Query, Mutation::default(), Subscription).data(upstreams).data(feeds);
    if suggestions { schema.finish() } else { schema.disable_suggestions().finish() }
}

/// The schema as checked in at `gateway/schema.graphql`.
pub fn sdl() -> String {
    Schema::build(Query, Mutation::default(), Subscription).finish().sdl()
}

/// The input types of the schema, with what async-graphql does not know of them.
///
/// # Errors
/// When `sdl` is not a schema.
pub(crate) fn inputs(sdl: &str) -> Result<InputTypes, async_graphql::parser::Error> {
    InputTypes::from_sdl(sdl, scalars::CUSTOM, scalars::UNSIGNED)
}

/// The context of an authenticated request.
///
/// # Errors
/// `UNAUTHENTICATED` for anonymous callers.
fn signed_in<'a>(ctx: &Context<'a>) -> Result<&'a RequestContext, Error> {
    let context = ctx.data::<RequestContext>()?;
    context.require_principal().map_err(problem::fault)?;
    Ok(context)
}

/// The workspace that was named or else the caller's first one.
///
/// # Errors
/// `UNAUTHENTICATED` for anonymous callers; `NOT_FOUND` for an account without a workspace.
fn workspace_or_default(context: &RequestContext, id: Option<ID>) -> Result<i64, Error> {
    context.workspace(id.map(|id| scalars::parse_id(&id))).map_err(problem::fault)
}

#[cfg(test)]
mod tests {
    /// Clients generate their types from this file. `UPDATE=1 cargo test -p gateway sdl` rewrites it.
    #[test]
    fn the_checked_in_sdl_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
        let sdl = super::sdl();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &sdl).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(checked_in == sdl, "gateway/schema.graphql is behind the code; run UPDATE=1 cargo test -p gateway sdl");
    }
}
