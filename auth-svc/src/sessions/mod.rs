//! Sessions: opened by a login, kept alive by refreshing, ended by their owner or by a stolen token.

pub(crate) mod login;
pub(crate) mod refresh;
pub(crate) mod store;

use curtail_proto::auth::v1 as wire;
use curtail_proto::auth::v1::{
    ListSessionsRequest, ListSessionsResponse, LogoutAllRequest, LogoutAllResponse, LogoutRequest, LogoutResponse,
    RevokeSessionRequest, RevokeSessionResponse,
};
use curtail_proto::events::v1::NewDeviceSignedIn;
use curtail_proto::events::v1::envelope::Payload;
use rand::{CryptoRng, RngExt as _};
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::caller::require_session;
use crate::domain::{ClientInfo, RefreshToken, Session};
use crate::events::EventWriter;
use crate::revocations::RevocationSubject;
use crate::users::User;
use crate::{App, Error};

/// How long an ended session is retained.
pub(crate) const SESSION_MEMORY: Duration = Duration::days(30);

pub(crate) async fn list_sessions(
    app: &App,
    request: Request<ListSessionsRequest>,
) -> Result<ListSessionsResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let current = require_session(user)?;
    let sessions = list(app, user.user_id).await?;
    Ok(ListSessionsResponse { sessions: sessions.iter().map(|one| one.to_proto(Some(current))).collect() })
}

pub(crate) async fn revoke_session(
    app: &App,
    request: Request<RevokeSessionRequest>,
) -> Result<RevokeSessionResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    require_session(user)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let actor = Actor::from_caller(user, client.as_ref());
    if end(app, request.get_ref().session_id, user.user_id, &actor).await? {
        Ok(RevokeSessionResponse {})
    } else {
        Err(Error::SESSION_NOT_FOUND)
    }
}

/// With a refresh token, any caller ends its session, even if its access token has expired. Without one, the caller's own
/// session ends.
pub(crate) async fn logout(app: &App, request: Request<LogoutRequest>) -> Result<LogoutResponse, Error> {
    curtail_rpc::caller(&request)?;
    let message = request.get_ref();
    let client = ClientInfo::optional(message.client.clone());
    if message.refresh_token.is_empty() {
        let user = curtail_rpc::user(&request)?;
        end(app, require_session(user)?, user.user_id, &Actor::from_caller(user, client.as_ref())).await?;
    } else {
        log_out(app, &message.refresh_token, client.as_ref()).await?;
    }
    Ok(LogoutResponse {})
}

pub(crate) async fn logout_all(app: &App, request: Request<LogoutAllRequest>) -> Result<LogoutAllResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    require_session(user)?;
    let client = ClientInfo::optional(request.get_ref().client.clone());
    let ended = end_all(app, user.user_id, &Actor::from_caller(user, client.as_ref())).await?;
    Ok(LogoutAllResponse { ended: u32::try_from(ended).unwrap_or(u32::MAX) })
}

/// Live sessions of one user; opening one more ends the oldest.
pub(crate) const MAX_SESSIONS: i64 = 100;

/// Opens a session in the transaction.
pub(crate) async fn open(
    app: &App,
    conn: &mut PgConnection,
    user_id: i64,
    client: &ClientInfo,
    now: OffsetDateTime,
    rng: &mut impl CryptoRng,
) -> Result<Session, Error> {
    let session = Session {
        id: app.next_id()?,
        user_id,
        salt: rng.random::<[u8; 16]>().to_vec(),
        generation: 0,
        generation_used: false,
        user_agent: client.user_agent.clone(),
        ip_prefix: client.ip_prefix(),
        created_at: now,
        last_seen_at: now,
        idle_until: now + days(app.settings.refresh_token_days),
        expires_at: now + days(app.settings.session_max_days),
        ended_at: None,
    };
    store::insert(conn, &session).await?;
    let displaced = store::end_oldest(conn, user_id, MAX_SESSIONS, now).await?;
    EventWriter { conn: &mut *conn, now, rng }.sessions_ended(&displaced).await?;
    let entry = AuditEntry::new("session.opened", &Actor::user(user_id, client.ip_prefix()), now);
    let after = json!({"userAgent": session.user_agent, "displaced": displaced.len()});
    entry.account(user_id).target(session.id).after(after).record(conn).await?;
    Ok(session)
}

/// Ends the session of a refresh token. A spent or unknown token is no error: its session has ended.
pub(crate) async fn log_out(app: &App, token: &str, client: Option<&ClientInfo>) -> Result<(), Error> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(()) };
    let Some(owned) = store::with_owner(&app.pool, token.session_id).await? else { return Ok(()) };
    if app.issuer.is_genuine(&token, &owned.session) {
        let ip_prefix = client.map(ClientInfo::ip_prefix).unwrap_or_default();
        let user_id = owned.session.user_id;
        end(app, owned.session.id, user_id, &Actor::user(user_id, ip_prefix)).await?;
    }
    Ok(())
}

/// Ends a session of the user; `false` when there is no such live one.
pub(crate) async fn end(app: &App, id: i64, user_id: i64, actor: &Actor) -> Result<bool, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let ended = store::end(&mut tx, id, user_id, now).await?;
    if ended {
        EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::Session(id)).await?;
        AuditEntry::new("session.ended", actor, now).account(user_id).target(id).record(&mut tx).await?;
    }
    app.commit(tx).await?;
    Ok(ended)
}

/// Ends all sessions of the user; how many.
pub(crate) async fn end_all(app: &App, user_id: i64, actor: &Actor) -> Result<usize, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let ended = store::end_all(&mut tx, user_id, None, now).await?;
    EventWriter { conn: &mut tx, now, rng: &mut rng }.sessions_ended(&ended).await?;
    let entry = AuditEntry::new("sessions.ended", actor, now).account(user_id).target(user_id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(ended.len())
}

/// The user's live sessions, newest first.
pub(crate) async fn list(app: &App, user_id: i64) -> Result<Vec<Session>, Error> {
    Ok(store::live(&app.pool, user_id, app.now()).await?)
}

fn days(count: u64) -> Duration {
    Duration::days(i64::try_from(count).unwrap_or(3650))
}

impl Session {
    pub(crate) fn to_proto(&self, current: Option<i64>) -> wire::Session {
        wire::Session {
            id: self.id,
            user_agent: self.user_agent.clone(),
            ip_prefix: self.ip_prefix.clone(),
            created_at: Some(curtail_proto::timestamp(self.created_at)),
            last_seen_at: Some(curtail_proto::timestamp(self.last_seen_at)),
            current: current == Some(self.id),
        }
    }
}

impl<R: CryptoRng> EventWriter<'_, R> {
    pub(crate) async fn sessions_ended(&mut self, ids: &[i64]) -> Result<(), sqlx::Error> {
        for id in ids {
            self.revoked(RevocationSubject::Session(*id)).await?;
        }
        Ok(())
    }

    pub(crate) async fn new_device_signed_in(&mut self, user: &User, session: &Session) -> Result<(), sqlx::Error> {
        let (email, full_name) = (user.email.clone(), user.full_name.clone());
        let session = Some(session.to_proto(None));
        self.append(0, Payload::NewDeviceSignedIn(NewDeviceSignedIn { user_id: user.id, email, full_name, session }))
            .await
    }
}
