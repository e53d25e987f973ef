//! Refresh tokens.
//!
//! A session is one family of refresh tokens, of which one number is due (S21). What happens to token number n when number d
//! is due:
//!
//! | n | meaning | answer |
//! |---|---|---|
//! | n = d | the rightful next use | number d+1 becomes due |
//! | n = d-1, pair d unused | the answer was lost, or two tabs refreshed at once | pair d once more |
//! | n = d-1, pair d used; n < d-1 | someone holds a copy | the session ends |
//!
//! A pair counts as used once its refresh token was redeemed or its access token was shown. The session's row is locked
//! meanwhile, so any number of parallel refreshes ends with one pair.

use curtail_proto::auth::v1::{RefreshSessionRequest, RefreshSessionResponse};
use time::{Duration, OffsetDateTime};
use tonic::Request;

use crate::audit::{Actor, AuditEntry};
use crate::domain::{ClientInfo, RefreshToken, Session};
use crate::events::EventWriter;
use crate::issuer::TokenPair;
use crate::revocations::RevocationSubject;
use crate::sessions::store::SessionWithOwner;
use crate::sessions::{days, store};
use crate::{App, Error, metrics};

pub(crate) async fn refresh_session(
    app: &App,
    request: Request<RefreshSessionRequest>,
) -> Result<RefreshSessionResponse, Error> {
    curtail_rpc::service(&request)?;
    let request = request.into_inner();
    let client = ClientInfo::optional(request.client);
    let pair = refresh(app, &request.refresh_token, client.as_ref()).await?;
    Ok(RefreshSessionResponse { tokens: Some(pair.into_proto()) })
}

/// Redeems a refresh token for the next pair.
pub(crate) async fn refresh(app: &App, token: &str, client: Option<&ClientInfo>) -> Result<TokenPair, Error> {
    let token = RefreshToken::parse(token).ok_or(Error::RefreshTokenInvalid)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let owned = store::with_owner_locked(&mut tx, token.session_id).await?;
    let SessionWithOwner { mut session, status, .. } =
        owned.filter(|owned| app.issuer.is_genuine(&token, &owned.session)).ok_or(Error::RefreshTokenInvalid)?;
    if !session.is_live(now) {
        return Err(Error::RefreshTokenInvalid);
    }
    status.require_active(Error::RefreshTokenInvalid)?;
    match classify(token.generation, &session) {
        RefreshOutcome::Advance => {
            advance(&mut session, client, now, days(app.settings.refresh_token_days));
            store::advance(&mut tx, &session).await?;
            tx.commit().await?;
        }
        RefreshOutcome::Repeat => tx.commit().await?,
        RefreshOutcome::Reused => {
            store::end(&mut tx, session.id, session.user_id, now).await?;
            EventWriter { conn: &mut tx, now, rng: &mut rng }.revoked(RevocationSubject::Session(session.id)).await?;
            let actor = Actor::platform(client.map(ClientInfo::ip_prefix).unwrap_or_default());
            let entry = AuditEntry::new("session.reused", &actor, now).account(session.user_id).target(session.id);
            entry.record(&mut tx).await?;
            app.commit(tx).await?;
            metrics::record_refresh_reused();
            tracing::warn!(session = session.id, user = session.user_id, "a spent refresh token was reused");
            return Err(Error::RefreshTokenReused);
        }
    }
    app.issuer.pair(&session, None, now, &mut rng)
}

/// The result of presenting a refresh token.
#[derive(Debug, PartialEq, Eq)]
enum RefreshOutcome {
    Advance,
    Repeat,
    Reused,
}

fn classify(presented: i32, session: &Session) -> RefreshOutcome {
    if presented == session.generation {
        RefreshOutcome::Advance
    } else if presented == session.generation - 1 && !session.generation_used {
        RefreshOutcome::Repeat
    } else {
        RefreshOutcome::Reused
    }
}

fn advance(session: &mut Session, client: Option<&ClientInfo>, now: OffsetDateTime, idle: Duration) {
    session.generation += 1;
    session.generation_used = false;
    session.last_seen_at = now;
    session.idle_until = now + idle;
    if let Some(client) = client {
        session.user_agent.clone_from(&client.user_agent);
        session.ip_prefix = client.ip_prefix();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(generation: i32, generation_used: bool) -> Session {
        let at = OffsetDateTime::UNIX_EPOCH;
        Session {
            id: 1,
            user_id: 1,
            salt: vec![0; 16],
            generation,
            generation_used,
            user_agent: String::new(),
            ip_prefix: String::new(),
            created_at: at,
            last_seen_at: at,
            idle_until: at + Duration::DAY,
            expires_at: at + Duration::WEEK,
            ended_at: None,
        }
    }

    #[test]
    fn s21_a_doubled_refresh_is_tolerated_while_its_answer_is_unused() {
        assert_eq!(classify(5, &session(5, false)), RefreshOutcome::Advance);
        assert_eq!(classify(5, &session(5, true)), RefreshOutcome::Advance);
        assert_eq!(classify(4, &session(5, false)), RefreshOutcome::Repeat);
        assert_eq!(classify(4, &session(5, true)), RefreshOutcome::Reused);
        assert_eq!(classify(3, &session(5, false)), RefreshOutcome::Reused);
        assert_eq!(classify(6, &session(5, false)), RefreshOutcome::Reused);
    }

    #[test]
    fn a_session_ends_idle_or_old_at_the_very_instant() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let session = session(0, false);
        assert!(session.is_live(at + Duration::DAY - Duration::NANOSECOND));
        assert!(!session.is_live(at + Duration::DAY));
        let busy = Session { idle_until: at + Duration::WEEK * 2, ..session.clone() };
        assert!(!busy.is_live(at + Duration::WEEK));
        assert!(!Session { ended_at: Some(at), ..session }.is_live(at));
    }
}
