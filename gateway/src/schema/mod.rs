//! The GraphQL schema: types, resolvers and loaders over the upstream services.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

use crate::upstreams::Upstreams;

/// The executable schema.
pub type CurtailSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// Everything that can be read.
pub struct Query;

#[Object]
impl Query {
    /// Version of the platform that answers.
    async fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Builds the schema over `upstreams`.
pub fn build(upstreams: Upstreams) -> CurtailSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription).data(upstreams).finish()
}
