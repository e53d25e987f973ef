//! Sessions: opened by a login, kept alive by refreshing, ended by their owner or by a stolen token.
//!
//! A session is one family of refresh tokens, of which one number is due (S21). What happens to token number n when number d
//! is due:
//!
//! | n | meaning | answer |
//! |---|---|---|
//! | n = d | the rightful next use | number d+1 becomes due |
//! | n = d-1, pair d unused | the answer was lost, or two tabs refreshed at once | pair d once more |
//! | n = d-1, pair d used; n < d-1 | somebody holds a copy | the session ends |
//!
//! A pair counts as used once its refresh token was redeemed or its access token was shown. The session's row is locked
//! meanwhile, so any number of parallel refreshes ends with one pair.

use rand::{CryptoRng, RngExt as _};
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{
    audit::{Actor, Entry},
    events::Facts,
    issuer::Pair,
};
use crate::{
    App, Error,
    domain::{ClientInfo, RefreshToken},
    store::{
        revocations::Revoked,
        sessions::{self, Owned, Session},
    },
};

/// Live sessions of one user; opening one more ends the oldest.
pub const MAX_SESSIONS: i64 = 100;

/// Opens a session in the transaction.
pub async fn open(
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
    sessions::insert(conn, &session).await?;
    let displaced = sessions::end_oldest(conn, user_id, MAX_SESSIONS, now).await?;
    Facts { conn: &mut *conn, now, rng }.sessions_ended(&displaced).await?;
    let entry = Entry::new("session.opened", &Actor::user(user_id, client.ip_prefix()), now);
    let after = json!({"userAgent": session.user_agent, "displaced": displaced.len()});
    entry.account(user_id).target(session.id).after(after).record(conn).await?;
    Ok(session)
}

/// Trades a refresh token for the next pair.
pub async fn refresh(app: &App, token: &str, client: Option<&ClientInfo>) -> Result<Pair, Error> {
    let token = RefreshToken::parse(token).ok_or(Error::RefreshTokenInvalid)?;
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let owned = sessions::owned_locked(&mut tx, token.session_id).await?;
    let Owned { mut session, status, .. } =
        owned.filter(|owned| app.issuer.is_genuine(&token, &owned.session)).ok_or(Error::RefreshTokenInvalid)?;
    if !session.is_live(now) {
        return Err(Error::RefreshTokenInvalid);
    }
    status.require_active(Error::RefreshTokenInvalid)?;
    match judge(token.generation, &session) {
        Verdict::Due => {
            advance(&mut session, client, now, days(app.settings.refresh_token_days));
            sessions::advance(&mut tx, &session).await?;
            tx.commit().await?;
        }
        Verdict::Doubled => tx.commit().await?,
        Verdict::Reused => {
            sessions::end(&mut tx, session.id, session.user_id, now).await?;
            Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::Session(session.id)).await?;
            let actor = Actor::platform(client.map(ClientInfo::ip_prefix).unwrap_or_default());
            let entry = Entry::new("session.reused", &actor, now).account(session.user_id).target(session.id);
            entry.record(&mut tx).await?;
            app.commit(tx).await?;
            metrics::counter!("auth_refresh_reused_total").increment(1);
            tracing::warn!(session = session.id, user = session.user_id, "a spent refresh token came again");
            return Err(Error::RefreshTokenReused);
        }
    }
    app.issuer.pair(&session, None, now, &mut rng)
}

/// What a refresh token is worth.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Due,
    Doubled,
    Reused,
}

fn judge(presented: i32, session: &Session) -> Verdict {
    if presented == session.generation {
        Verdict::Due
    } else if presented == session.generation - 1 && !session.generation_used {
        Verdict::Doubled
    } else {
        Verdict::Reused
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

/// Ends the session of a refresh token. One that is spent or unknown ends nothing and is no error: the caller wanted to be
/// logged out and is.
pub async fn log_out(app: &App, token: &str, client: Option<&ClientInfo>) -> Result<(), Error> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(()) };
    let Some(owned) = sessions::owned(&app.pool, token.session_id).await? else { return Ok(()) };
    if app.issuer.is_genuine(&token, &owned.session) {
        let ip_prefix = client.map(ClientInfo::ip_prefix).unwrap_or_default();
        let user_id = owned.session.user_id;
        end(app, owned.session.id, user_id, &Actor::user(user_id, ip_prefix)).await?;
    }
    Ok(())
}

/// Ends a session of the user; `false` when there is no such live one.
pub async fn end(app: &App, id: i64, user_id: i64, actor: &Actor) -> Result<bool, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let ended = sessions::end(&mut tx, id, user_id, now).await?;
    if ended {
        Facts { conn: &mut tx, now, rng: &mut rng }.revoked(Revoked::Session(id)).await?;
        Entry::new("session.ended", actor, now).account(user_id).target(id).record(&mut tx).await?;
    }
    app.commit(tx).await?;
    Ok(ended)
}

/// Ends all sessions of the user; how many.
pub async fn end_all(app: &App, user_id: i64, actor: &Actor) -> Result<usize, Error> {
    let (now, mut rng) = (app.now(), app.entropy.fork());
    let mut tx = app.pool.begin().await?;
    let ended = sessions::end_all(&mut tx, user_id, None, now).await?;
    Facts { conn: &mut tx, now, rng: &mut rng }.sessions_ended(&ended).await?;
    let entry = Entry::new("sessions.ended", actor, now).account(user_id).target(user_id);
    entry.after(json!({"endedSessions": ended.len()})).record(&mut tx).await?;
    app.commit(tx).await?;
    Ok(ended.len())
}

/// The user's live sessions, newest first.
pub async fn list(app: &App, user_id: i64) -> Result<Vec<Session>, Error> {
    Ok(sessions::live(&app.pool, user_id, app.now()).await?)
}

/// Bounded by the configuration.
fn days(count: u64) -> Duration {
    Duration::days(i64::try_from(count).unwrap_or(3650))
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
        assert_eq!(judge(5, &session(5, false)), Verdict::Due);
        assert_eq!(judge(5, &session(5, true)), Verdict::Due);
        assert_eq!(judge(4, &session(5, false)), Verdict::Doubled);
        assert_eq!(judge(4, &session(5, true)), Verdict::Reused);
        assert_eq!(judge(3, &session(5, false)), Verdict::Reused);
        assert_eq!(judge(6, &session(5, false)), Verdict::Reused);
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
