//! What members of a workspace see of each other.

use async_graphql::{ID, SimpleObject};

use super::scalars::id;

/// Another account that shares a workspace with the caller.
#[derive(SimpleObject, Debug, Clone)]
pub struct Member {
    /// Opaque.
    pub id: ID,
    /// As entered at sign-up.
    pub full_name: String,
    /// The address the account signs in with.
    pub email: String,
}

impl From<proto::auth::v1::UserSummary> for Member {
    fn from(user: proto::auth::v1::UserSummary) -> Self {
        Self { id: id(user.id), full_name: user.full_name, email: user.email }
    }
}
