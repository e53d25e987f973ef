//! What a service shows when it calls on its own behalf.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use curtail_clock::Clock;
use curtail_tokens::{Claims, Purpose, SigningKey, Subject, TokenError};
use http::HeaderValue;
use time::{Duration, OffsetDateTime};

/// Life of a service token.
const LIFE: Duration = Duration::minutes(2);

/// A token is replaced when less than this is left, so that it never expires on its way.
const RENEW_BEFORE: Duration = Duration::MINUTE;

/// Mints and keeps the token of a service. Clones share it.
#[derive(Clone)]
pub struct ServiceIdentity {
    inner: Arc<Inner>,
}

struct Inner {
    name: &'static str,
    key: SigningKey,
    clock: Clock,
    minted: Mutex<Option<(HeaderValue, OffsetDateTime)>>,
}

impl ServiceIdentity {
    /// The identity of the service `name`; the key is the one that all services share.
    pub fn new(name: &'static str, service_key: &curtail_config::Secret, clock: Clock) -> Self {
        let key = SigningKey::from_seed(service_key.key32());
        Self { inner: Arc::new(Inner { name, key, clock, minted: Mutex::new(None) }) }
    }

    /// The name that other services see.
    pub fn name(&self) -> &'static str {
        self.inner.name
    }

    /// The value of an `authorization` header that is good for at least half a minute.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, TokenError> {
        let now = self.inner.clock.now();
        let mut minted = self.inner.minted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, expires_at)) = minted.as_ref()
            && now + RENEW_BEFORE < *expires_at
        {
            return Ok(header.clone());
        }
        let expires_at = now + LIFE;
        let header = bearer(&curtail_tokens::sign(&self.inner.key, Purpose::Service, &self.claims(now, expires_at))?);
        *minted = Some((header.clone(), expires_at));
        Ok(header)
    }

    fn claims(&self, issued_at: OffsetDateTime, expires_at: OffsetDateTime) -> Claims {
        Claims::new(Subject::Service(self.inner.name.to_owned()), issued_at, expires_at - issued_at).token_id(format!(
            "{}-{}",
            self.inner.name,
            issued_at.unix_timestamp_nanos()
        ))
    }
}

impl fmt::Debug for ServiceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceIdentity").field(&self.inner.name).finish()
    }
}

/// `Bearer <token>`, kept out of logs of the HTTP layers.
pub(crate) fn bearer(token: &str) -> HeaderValue {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is base64 and dots");
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_until_it_is_half_spent() {
        let clock = Clock::manual(time::macros::datetime!(2026-01-01 00:00 UTC));
        let config = curtail_config::Config::for_tests();
        let identity = ServiceIdentity::new("links", &config.rpc.service_key, clock.clone());
        let first = identity.authorization().unwrap();
        clock.advance(Duration::seconds(59));
        assert_eq!(identity.authorization().unwrap(), first);
        clock.advance(Duration::seconds(1));
        assert_ne!(identity.authorization().unwrap(), first);
        assert!(first.is_sensitive());
    }
}
