//! Turns a token into a caller.

use std::{fmt, sync::Arc};

use curtail_tokens::{Claims, KeyRing, Purpose, SigningKey, TokenError};
use quick_cache::sync::Cache;
use time::OffsetDateTime;

use crate::{Caller, Code, Error, KeyRingCache};

/// How many verified tokens are remembered: a user's token comes with every call of a minute, and an Ed25519 signature
/// costs more than most look-ups that it protects.
const REMEMBERED: usize = 2048;

/// Verifies the tokens of callers: internal tokens against the key ring, service tokens against the shared service key.
/// Clones share what they remember.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    services: KeyRing,
    keys: Arc<KeyRingCache>,
    verified: Cache<Box<str>, Verified>,
}

/// A token that was verified under a ring. It is verified again after the ring has changed.
#[derive(Clone)]
struct Verified {
    caller: Arc<Caller>,
    expires_at: OffsetDateTime,
    ring: Arc<KeyRing>,
}

impl Verifier {
    /// A verifier for the key that all services share and the ring of auth-svc.
    pub fn new(service_key: &curtail_config::Secret, keys: Arc<KeyRingCache>) -> Self {
        let services = KeyRing::of([&SigningKey::from_seed(service_key.key32())]);
        Self { inner: Arc::new(Inner { services, keys, verified: Cache::new(REMEMBERED) }) }
    }

    /// Who shows this token at this time.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a token that is not valid; `UNAVAILABLE` while no key ring could be had yet.
    pub async fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Arc<Caller>, Error> {
        let ring = self.inner.keys.ring();
        if let Some(known) = self.inner.verified.get(token)
            && known.expires_at > now
            && Arc::ptr_eq(&known.ring, &ring)
        {
            return Ok(known.caller);
        }
        let (claims, ring) = self.verify_afresh(token, ring, now).await?;
        let expires_at = claims.expires_at;
        let caller = Arc::new(Caller::from(claims));
        self.inner.verified.insert(token.into(), Verified { caller: Arc::clone(&caller), expires_at, ring });
        Ok(caller)
    }

    async fn verify_afresh(
        &self,
        token: &str,
        ring: Arc<KeyRing>,
        now: OffsetDateTime,
    ) -> Result<(Claims, Arc<KeyRing>), Error> {
        // The two rings have no key in common, so a token is meant for one of them.
        match curtail_tokens::verify(&self.inner.services, Purpose::Service, token, now) {
            Err(TokenError::UnknownKey) => {}
            result => return result.map(|claims| (claims, ring)).map_err(refuse),
        }
        match curtail_tokens::verify(&ring, Purpose::Internal, token, now) {
            Err(TokenError::UnknownKey) => {}
            result => return result.map(|claims| (claims, ring)).map_err(refuse),
        }
        self.inner.keys.refresh().await;
        let ring = self.inner.keys.ring();
        if ring.is_empty() {
            return Err(Error::unavailable(anyhow::anyhow!("no key ring yet")));
        }
        curtail_tokens::verify(&ring, Purpose::Internal, token, now).map(|claims| (claims, ring)).map_err(refuse)
    }
}

/// Callers learn whether a fresh token would help, and nothing more.
fn refuse(error: TokenError) -> Error {
    let (reason, message) = match error {
        TokenError::Expired => ("TOKEN_EXPIRED", "the token has expired"),
        _ => ("TOKEN_INVALID", "the token is not valid"),
    };
    Error::new(Code::Unauthenticated, reason, message).source(error)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.inner.keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use curtail_tokens::Subject;
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn internal(key: &SigningKey) -> String {
        let claims = Claims::new(Subject::User(7), NOW, Duration::MINUTE).session(1);
        curtail_tokens::sign(key, Purpose::Internal, &claims).expect("the claims are valid")
    }

    fn verifier(keys: &Arc<KeyRingCache>) -> Verifier {
        Verifier::new(&curtail_config::Config::for_tests().rpc.service_key, Arc::clone(keys))
    }

    #[tokio::test]
    async fn s22_what_is_remembered_expires_all_the_same() {
        let key = SigningKey::from_seed([1; 32]);
        let verifier = verifier(&KeyRingCache::fixed(KeyRing::of([&key])));
        let token = internal(&key);
        let first = verifier.verify(&token, NOW).await.unwrap();
        let again = verifier.verify(&token, NOW + Duration::seconds(59)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again), "remembered");
        let error = verifier.verify(&token, NOW + Duration::MINUTE).await.unwrap_err();
        assert_eq!((error.code, error.reason.as_ref()), (Code::Unauthenticated, "TOKEN_EXPIRED"));
    }

    #[tokio::test]
    async fn s23_what_is_remembered_goes_with_its_key() {
        let (old, new) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
        let keys = KeyRingCache::fixed(KeyRing::of([&old]));
        let verifier = verifier(&keys);
        let token = internal(&old);
        verifier.verify(&token, NOW).await.unwrap();
        keys.replace(KeyRing::of([&old, &new]));
        verifier.verify(&token, NOW).await.unwrap();
        keys.replace(KeyRing::of([&new]));
        assert_eq!(verifier.verify(&token, NOW).await.unwrap_err().reason, "TOKEN_INVALID");
    }

    #[tokio::test]
    async fn without_any_key_nobody_can_tell() {
        let verifier = verifier(&KeyRingCache::fixed(KeyRing::default()));
        let error = verifier.verify(&internal(&SigningKey::from_seed([1; 32])), NOW).await.unwrap_err();
        assert_eq!(error.code, Code::Unavailable);
        assert_eq!(verifier.verify("nonsense", NOW).await.unwrap_err().code, Code::Unauthenticated);
    }
}
