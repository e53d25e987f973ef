//! Makes the tokens that leave this service.

use std::sync::Arc;

use curtail_tokens::{Claims, Purpose, Subject};
use rand::{CryptoRng, RngExt as _};
use time::{Duration, OffsetDateTime};

use super::keys::Keys;
use crate::{
    Error,
    domain::{DeviceToken, RefreshToken},
    secrets::{MacKey, Secrets},
    store::sessions::Session,
};

/// What a session hands to its client.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it is all secrets")]
pub struct Pair {
    /// PASETO v4.public.
    pub access_token: String,
    /// End of its life.
    pub access_expires_at: OffsetDateTime,
    /// Single use.
    pub refresh_token: String,
    /// End of its life unless it is used.
    pub refresh_expires_at: OffsetDateTime,
    /// The session.
    pub session_id: i64,
    /// The device cookie; empty when it stays as it is.
    pub device: String,
}

/// Signs access and internal tokens, writes refresh and device tokens.
#[derive(Debug)]
pub struct Issuer {
    keys: Arc<Keys>,
    refresh: MacKey,
    device: MacKey,
    access_life: Duration,
    internal_life: Duration,
}

impl Issuer {
    /// Takes the lives from the settings.
    pub fn new(settings: &curtail_config::Auth, secrets: &Secrets, keys: Arc<Keys>) -> Self {
        // Bounded by the configuration.
        let seconds = |count: u64| Duration::seconds(i64::try_from(count).unwrap_or(i64::MAX));
        Self {
            keys,
            refresh: secrets.refresh.clone(),
            device: secrets.device.clone(),
            access_life: seconds(settings.access_token_seconds),
            internal_life: seconds(settings.internal_token_seconds),
        }
    }

    /// The pair of the session's generation. Its refresh token is the same however often it is asked for.
    pub fn pair(
        &self,
        session: &Session,
        device: Option<DeviceToken>,
        now: OffsetDateTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Pair, Error> {
        let refresh_expires_at = session.idle_until.min(session.expires_at);
        let access_expires_at = (now + self.access_life).min(refresh_expires_at);
        let claims = Claims {
            subject: Subject::User(session.user_id),
            session_id: Some(session.id),
            api_key_id: None,
            issued_at: now,
            expires_at: access_expires_at,
            workspaces: Vec::new(),
            scopes: Vec::new(),
            platform_admin: false,
            token_id: access_token_id(session.generation, rng),
        };
        Ok(Pair {
            access_token: self.sign(Purpose::Access, &claims)?,
            access_expires_at,
            refresh_token: RefreshToken::issue(&self.refresh, session.id, session.generation, &session.salt).expose(),
            refresh_expires_at,
            session_id: session.id,
            device: device.map(|device| device.expose(&self.device, session.user_id)).unwrap_or_default(),
        })
    }

    /// An internal token with these claims, shortened to its life.
    pub fn internal(&self, mut claims: Claims) -> Result<(String, OffsetDateTime), Error> {
        claims.expires_at = claims.expires_at.min(claims.issued_at + self.internal_life);
        Ok((self.sign(Purpose::Internal, &claims)?, claims.expires_at))
    }

    /// Whether we made this refresh token for the session.
    pub fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
        token.is_genuine(&self.refresh, &session.salt)
    }

    fn sign(&self, purpose: Purpose, claims: &Claims) -> Result<String, Error> {
        curtail_tokens::sign(&self.keys.signer()?, purpose, claims).map_err(|error| Error::Internal(error.into()))
    }
}

/// `<generation>.<random>`: an access token tells which refresh token came with it.
fn access_token_id(generation: i32, rng: &mut impl CryptoRng) -> String {
    format!("{generation}.{:016x}", rng.random::<u64>())
}

/// The generation in the id of an access token.
pub fn generation_of(token_id: &str) -> Option<i32> {
    token_id.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn an_access_token_tells_its_generation() {
        assert_eq!(generation_of(&access_token_id(7, &mut StdRng::seed_from_u64(1))), Some(7));
        assert_eq!(generation_of("x.1"), None);
        assert_eq!(generation_of(""), None);
    }
}
