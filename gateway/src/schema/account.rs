//! The caller's own account.

use async_graphql::{ComplexObject, Context, Error, ID, SimpleObject};
use curtail_proto::auth::v1 as pb;
use curtail_proto::instant;
use time::OffsetDateTime;

use super::audit::{AuditConnection, audit_log};
use super::page::page;
use super::phone::{PhoneNumber, phone_number};
use super::problem::value;
use super::scalars::id;
use super::workspace::Workspace;
use crate::request::RequestContext;
use crate::upstreams::Upstreams;

/// The account that is signed in.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct Viewer {
    /// Opaque.
    pub id: ID,
    /// The address it signs in with.
    pub email: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// As entered at sign-up.
    pub full_name: String,
    /// Whether it runs the platform.
    pub platform_admin: bool,
    /// When it was made.
    pub created_at: Option<OffsetDateTime>,
    /// The workspaces it belongs to, the personal one first.
    pub workspaces: Vec<Workspace>,
}

impl Viewer {
    /// The account of an answer together with its workspaces; `None` when the service left the account out.
    pub fn new(user: Option<pb::User>, workspaces: Vec<pb::Workspace>) -> Option<Self> {
        let user = user?;
        Some(Self {
            id: id(user.id),
            email: user.email,
            email_verified: user.email_verified,
            full_name: user.full_name,
            platform_admin: user.platform_admin,
            created_at: instant(user.created_at),
            workspaces: workspaces.into_iter().map(Workspace::from).collect(),
        })
    }
}

#[ComplexObject]
impl Viewer {
    /// The devices that are signed in.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>, Error> {
        let request = ctx.data::<RequestContext>()?.read(pb::ListSessionsRequest {});
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().list_sessions(request).await)?;
        Ok(answer.sessions.into_iter().map(Session::from).collect())
    }

    /// The telephone number to which text messages go; null when there is none. Not for API keys.
    async fn phone_number(&self, ctx: &Context<'_>) -> Result<Option<PhoneNumber>, Error> {
        phone_number(ctx).await
    }

    /// What was done to the account, newest first.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<AuditConnection, Error> {
        audit_log(ctx, 0, page(first, after, last, before)?).await
    }
}

/// A signed-in device.
#[derive(SimpleObject, Debug)]
pub struct Session {
    /// Opaque.
    pub id: ID,
    /// What the device said of itself.
    pub user_agent: String,
    /// The network it was used from; the whole address is not kept.
    pub ip_prefix: String,
    /// When it signed in.
    pub created_at: Option<OffsetDateTime>,
    /// When it was last used.
    pub last_seen_at: Option<OffsetDateTime>,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl From<pb::Session> for Session {
    fn from(session: pb::Session) -> Self {
        Self {
            id: id(session.id),
            user_agent: session.user_agent,
            ip_prefix: session.ip_prefix,
            created_at: instant(session.created_at),
            last_seen_at: instant(session.last_seen_at),
            current: session.current,
        }
    }
}
