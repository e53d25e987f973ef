//! Loaders that turn the look-ups of one operation into one batch RPC each. They live as long as a request, so nothing is
//! ever shared between callers.
//!
//! A loader on its own collects keys for a moment, and a busy process may need longer than that to reach the last link of a
//! page. Pages therefore say beforehand, by [`prefetch`], what their selected fields are going to ask for.

use std::collections::{BTreeSet, HashMap};

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use async_graphql::{Context, Error, Lookahead};
use curtail_proto::analytics::v1::{BatchGetTotalsRequest, LinkKey};
use curtail_proto::auth::v1::BatchGetUsersRequest;

use super::analytics::ClickTotals;
use super::link::Link;
use super::member::Member;
use super::problem::value;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// The most keys that a batch RPC takes.
const BATCH: usize = 100;

/// Lifetime totals by `(link, workspace)`.
pub struct Totals {
    upstreams: Upstreams,
    request: RequestContext,
}

/// Members by account id.
pub struct Users {
    upstreams: Upstreams,
    request: RequestContext,
}

/// The loader of totals as requests carry it.
pub type TotalsLoader = DataLoader<Totals, HashMapCache>;
/// The loader of members as requests carry it.
pub type UsersLoader = DataLoader<Users, HashMapCache>;

/// Gives `request` the loaders of its own. They remember what they loaded unless the answers go on, when it would become stale.
pub fn attach(
    request: async_graphql::Request,
    upstreams: &Upstreams,
    context: &RequestContext,
) -> async_graphql::Request {
    let totals = Totals { upstreams: upstreams.clone(), request: context.clone() };
    let users = Users { upstreams: upstreams.clone(), request: context.clone() };
    let totals = TotalsLoader::with_cache(totals, tokio::spawn, HashMapCache::default()).max_batch_size(BATCH);
    let users = UsersLoader::with_cache(users, tokio::spawn, HashMapCache::default()).max_batch_size(BATCH);
    totals.enable_all_cache(!context.is_stream());
    users.enable_all_cache(!context.is_stream());
    request.data(totals).data(users)
}

/// Loads what `selection`, the fields selected of each of the `links`, needs from other services: one RPC for each kind.
///
/// # Errors
/// Faults of those services.
pub async fn prefetch(ctx: &Context<'_>, selection: Lookahead<'_>, links: &[Link]) -> Result<(), Error> {
    let selected = |field| selection.field(field).exists() && !links.is_empty();
    if selected("totals") || selected("clicks") {
        let loader = ctx.data::<TotalsLoader>()?;
        let keys: Vec<_> = links.iter().map(Link::totals_key).collect();
        loader.feed_many(loader.loader().load(&keys).await?).await;
    }
    if selected("creator") {
        let loader = ctx.data::<UsersLoader>()?;
        let keys: BTreeSet<_> = links.iter().map(Link::creator_id).collect();
        loader.feed_many(loader.loader().load(&Vec::from_iter(keys)).await?).await;
    }
    Ok(())
}

impl Loader<(i64, i64)> for Totals {
    type Value = ClickTotals;
    type Error = Error;

    async fn load(&self, keys: &[(i64, i64)]) -> Result<HashMap<(i64, i64), ClickTotals>, Self::Error> {
        let links = keys.iter().map(|&(link_id, workspace_id)| LinkKey { link_id, workspace_id }).collect();
        let mut analytics = self.upstreams.analytics.clone();
        let request = self.request.read(BatchGetTotalsRequest { links });
        let answer = value(analytics.batch_get_totals(request).await)?;
        let by_link: HashMap<i64, _> = answer.totals.into_iter().map(|t| (t.link_id, t.totals)).collect();
        Ok(keys.iter().filter_map(|key| Some((*key, (*by_link.get(&key.0)?)?.into()))).collect())
    }
}

impl Loader<i64> for Users {
    type Value = Member;
    type Error = Error;

    async fn load(&self, keys: &[i64]) -> Result<HashMap<i64, Member>, Self::Error> {
        let mut auth = self.upstreams.auth.clone();
        let request = self.request.read(BatchGetUsersRequest { ids: keys.to_vec() });
        let answer = value(auth.batch_get_users(request).await)?;
        Ok(answer.users.into_iter().map(|user| (user.id, user.into())).collect())
    }
}
