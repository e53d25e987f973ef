//! Credentials that must be refused although they have not expired.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use curtail_proto::auth::v1::{Revocation, revocation::Subject};
use curtail_tokens::{Claims, Subject as Bearer};
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

/// What was revoked lately. Older entries are not needed: what they revoke has expired, and auth-svc no longer exchanges it.
#[derive(Debug)]
pub struct Revocations {
    keep: Duration,
    revoked: RwLock<Revoked>,
    changed: watch::Sender<()>,
}

/// When each of them was revoked.
#[derive(Debug, Default)]
struct Revoked {
    sessions: HashMap<i64, OffsetDateTime>,
    api_keys: HashMap<i64, OffsetDateTime>,
    users: HashMap<i64, OffsetDateTime>,
    memberships: HashMap<i64, OffsetDateTime>,
}

impl Revocations {
    /// Keeps each for `keep`, which must be longer than any token lives.
    pub fn new(keep: Duration) -> Self {
        Self { keep, revoked: RwLock::default(), changed: watch::Sender::new(()) }
    }

    /// Takes one over. Repetition and order do not matter. One without a subject or a time means nothing and is left out.
    pub fn add(&self, revocation: &Revocation) {
        let at = revocation.at.and_then(|at| OffsetDateTime::from_unix_timestamp_nanos(nanoseconds(at)).ok());
        let (Some(at), Some(subject)) = (at, &revocation.subject) else { return };
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        let (map, id) = match subject {
            Subject::SessionId(id) => (&mut revoked.sessions, id),
            Subject::ApiKeyId(id) => (&mut revoked.api_keys, id),
            Subject::UserId(id) => (&mut revoked.users, id),
            Subject::MembershipsOf(id) => (&mut revoked.memberships, id),
        };
        let entry = map.entry(*id).or_insert(at);
        *entry = at.max(*entry);
        drop(revoked);
        self.changed.send_replace(());
    }

    /// Changes after each that is taken over.
    pub fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether `claims` must be refused.
    pub fn hit(&self, claims: &Claims) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        claims.session_id.is_some_and(|id| revoked.sessions.contains_key(&id))
            || claims.api_key_id.is_some_and(|id| revoked.api_keys.contains_key(&id))
            || matches!(claims.subject, Bearer::User(id) if revoked.users.get(&id).is_some_and(|at| claims.issued_at < *at))
    }

    /// Whether the memberships of an internal token are out of date: it has to be exchanged again, while the credential is good.
    pub fn is_outdated(&self, claims: &Claims) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        let Bearer::User(id) = claims.subject else { return false };
        revoked.memberships.get(&id).is_some_and(|at| claims.issued_at < *at)
    }

    /// Drops what is older than is kept.
    pub fn forget(&self, now: OffsetDateTime) {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        let Revoked { sessions, api_keys, users, memberships } = &mut *revoked;
        for map in [sessions, api_keys, users, memberships] {
            map.retain(|_, at| *at + self.keep > now);
        }
    }

    /// From when on revocations matter at `now`.
    pub fn horizon(&self, now: OffsetDateTime) -> OffsetDateTime {
        now - self.keep
    }
}

fn nanoseconds(at: prost_types::Timestamp) -> i128 {
    i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos)
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn claims(user: i64, session: Option<i64>, api_key: Option<i64>, issued_at: OffsetDateTime) -> Claims {
        Claims {
            subject: Bearer::User(user),
            session_id: session,
            api_key_id: api_key,
            issued_at,
            expires_at: issued_at + Duration::MINUTE,
            workspaces: Vec::new(),
            scopes: Vec::new(),
            platform_admin: false,
            token_id: String::new(),
        }
    }

    fn revoke(revocations: &Revocations, subject: Subject) {
        let at = Some(Timestamp { seconds: NOON.unix_timestamp(), nanos: 0 });
        revocations.add(&Revocation { at, subject: Some(subject) });
    }

    #[test]
    fn sessions_and_keys_are_refused_for_good_and_users_for_what_was_issued_before() {
        let revocations = Revocations::new(Duration::HOUR);
        revoke(&revocations, Subject::SessionId(1));
        revoke(&revocations, Subject::ApiKeyId(2));
        revoke(&revocations, Subject::UserId(3));
        let (before, after) = (NOON - Duration::SECOND, NOON);
        assert!(revocations.hit(&claims(9, Some(1), None, after)));
        assert!(!revocations.hit(&claims(9, Some(2), None, before)));
        assert!(revocations.hit(&claims(9, None, Some(2), after)));
        assert!(revocations.hit(&claims(3, Some(9), None, before)));
        assert!(!revocations.hit(&claims(3, Some(9), None, after)));
    }

    #[test]
    fn changed_memberships_outdate_a_token_and_refuse_none() {
        let revocations = Revocations::new(Duration::HOUR);
        revoke(&revocations, Subject::MembershipsOf(3));
        let before = claims(3, Some(9), None, NOON - Duration::SECOND);
        assert!(revocations.is_outdated(&before) && !revocations.hit(&before));
        assert!(!revocations.is_outdated(&claims(3, Some(9), None, NOON)));
        assert!(!revocations.is_outdated(&claims(4, Some(9), None, NOON - Duration::SECOND)));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let revocations = Revocations::new(Duration::HOUR);
        revoke(&revocations, Subject::SessionId(1));
        revocations.forget(NOON + Duration::HOUR - Duration::SECOND);
        assert!(revocations.hit(&claims(9, Some(1), None, NOON)));
        revocations.forget(NOON + Duration::HOUR);
        assert!(!revocations.hit(&claims(9, Some(1), None, NOON)));
        revocations.add(&Revocation::default());
    }
}
