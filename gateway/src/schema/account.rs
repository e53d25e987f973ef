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

/// The signed-in account.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct Viewer {
    /// Opaque identifier.
    pub id: ID,
    /// The e-mail address to sign in with.
    pub email: String,
    /// Whether the e-mail address is verified.
    pub email_verified: bool,
    /// Full name, as entered at sign-up.
    pub full_name: String,
    /// Whether the account is an operator of the platform.
    pub platform_admin: bool,
    /// When it was created.
    pub created_at: Option<OffsetDateTime>,
    /// The workspaces of the account, the personal one first.
    pub workspaces: Vec<Workspace>,
}

impl Viewer {
    /// The account of a response with its workspaces; `None` if the service left the account out.
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
    /// The active sessions of the account.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>, Error> {
        let request = ctx.data::<RequestContext>()?.read(pb::ListSessionsRequest {});
        let answer = value(ctx.data::<Upstreams>()?.auth.clone().list_sessions(request).await)?;
        Ok(answer.sessions.into_iter().map(Session::from).collect())
    }

    /// The telephone number for text messages, if the account has one. Not available to API keys.
    async fn phone_number(&self, ctx: &Context<'_>) -> Result<Option<PhoneNumber>, Error> {
        phone_number(ctx).await
    }

    /// The audit log of the account, newest first.
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

/// A session: a signed-in device.
#[derive(SimpleObject, Debug)]
pub struct Session {
    /// Opaque identifier.
    pub id: ID,
    /// `User-Agent` of the device.
    pub user_agent: String,
    /// The network it was last used from; the full address is not stored.
    pub ip_prefix: String,
    /// When it signed in.
    pub created_at: Option<OffsetDateTime>,
    /// When it was last used.
    pub last_seen_at: Option<OffsetDateTime>,
    /// Whether it is the session of this request.
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
