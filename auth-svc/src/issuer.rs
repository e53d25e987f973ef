//! Issues the tokens that leave this service.

use std::sync::Arc;

use curtail_proto::auth::v1 as wire;
use curtail_tokens::{Claims, Purpose, Subject};
use rand::{CryptoRng, RngExt as _};
use time::{Duration, OffsetDateTime};

use crate::Error;
use crate::domain::{DeviceToken, RefreshToken, Session};
use crate::secrets::{MacKey, Secrets};
use crate::signing_keys::SigningKeys;

/// The tokens of a session.
#[derive(Clone)]
pub(crate) struct TokenPair {
    pub(crate) access_token: String,
    pub(crate) access_expires_at: OffsetDateTime,
    pub(crate) refresh_token: String,
    /// When it expires unless it is used.
    pub(crate) refresh_expires_at: OffsetDateTime,
    pub(crate) session_id: i64,
    /// The device cookie; empty when it stays as it is.
    pub(crate) device: String,
}

/// Signs access and internal tokens, writes refresh and device tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    keys: Arc<SigningKeys>,
    refresh: MacKey,
    device: MacKey,
    access_life: Duration,
    internal_life: Duration,
}

impl Issuer {
    /// Takes the lifetimes from the settings.
    pub(crate) fn new(settings: &curtail_config::Auth, secrets: &Secrets, keys: Arc<SigningKeys>) -> Self {
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
    pub(crate) fn pair(
        &self,
        session: &Session,
        device: Option<DeviceToken>,
        now: OffsetDateTime,
        rng: &mut impl CryptoRng,
    ) -> Result<TokenPair, Error> {
        let refresh_expires_at = session.idle_until.min(session.expires_at);
        let access_expires_at = (now + self.access_life).min(refresh_expires_at);
        let claims = Claims::new(Subject::User(session.user_id), now, access_expires_at - now)
            .session(session.id)
            .token_id(access_token_id(session.generation, rng));
        Ok(TokenPair {
            access_token: self.sign(Purpose::Access, &claims)?,
            access_expires_at,
            refresh_token: RefreshToken::issue(&self.refresh, session.id, session.generation, &session.salt).expose(),
            refresh_expires_at,
            session_id: session.id,
            device: device.map(|device| device.expose(&self.device, session.user_id)).unwrap_or_default(),
        })
    }

    /// An internal token with these claims. It expires after the lifetime of internal tokens at the latest.
    pub(crate) fn internal(&self, mut claims: Claims) -> Result<(String, OffsetDateTime), Error> {
        claims.expires_at = claims.expires_at.min(claims.issued_at + self.internal_life);
        Ok((self.sign(Purpose::Internal, &claims)?, claims.expires_at))
    }

    /// Whether this refresh token was issued for the session.
    pub(crate) fn is_genuine(&self, token: &RefreshToken, session: &Session) -> bool {
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
pub(crate) fn generation_of(token_id: &str) -> Option<i32> {
    token_id.split_once('.')?.0.parse().ok()
}

impl TokenPair {
    pub(crate) fn into_proto(self) -> wire::TokenPair {
        wire::TokenPair {
            access_token: self.access_token,
            access_expires_at: Some(curtail_proto::timestamp(self.access_expires_at)),
            refresh_token: self.refresh_token,
            refresh_expires_at: Some(curtail_proto::timestamp(self.refresh_expires_at)),
            session_id: self.session_id,
            device: self.device,
        }
    }
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
