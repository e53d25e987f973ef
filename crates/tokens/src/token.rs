//! Signing and verifying.

use pasetors::{Public, token::UntrustedToken, version4::PublicToken, version4::V4};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{Claims, KeyRing, Purpose, SigningKey, TokenError, wire, wire::Payload};

/// The longest token in bytes: a few hundred memberships.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The longest footer in bytes before base64; ours has about 60.
pub const MAX_FOOTER_BYTES: usize = 256;

/// How far ahead the clock of an issuer may run.
pub const LEEWAY: Duration = Duration::seconds(5);

const HEADER: &str = "v4.public.";

/// The whole footer. Anything beside the key id, above all a wrapped key (`wpk`), refuses the token.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer<'a> {
    #[serde(borrow)]
    kid: std::borrow::Cow<'a, str>,
}

/// Makes a token of `claims`; refuses claims that [`verify`] would refuse.
pub fn sign(key: &SigningKey, purpose: Purpose, claims: &Claims) -> Result<String, TokenError> {
    wire::check_subject(purpose, claims)?;
    let life = claims.expires_at - claims.issued_at;
    if !life.is_positive() || life > purpose.max_life() {
        return Err(TokenError::Life);
    }
    let payload = serde_json::to_vec(&Payload::of(purpose, claims)).map_err(|_| TokenError::Claims)?;
    let footer = serde_json::to_vec(&Footer { kid: key.key_id().into() }).map_err(|_| TokenError::Footer)?;
    let token = PublicToken::sign(&key.secret, &payload, Some(&footer), Some(purpose.assertion()))
        .map_err(|_| TokenError::Signature)?;
    if token.len() > MAX_TOKEN_BYTES { Err(TokenError::TooLong) } else { Ok(token) }
}

/// The claims of `token` if it was signed by a key of `ring` for `purpose` and is valid at `now`.
///
/// Sizes are bounded before anything is decoded, and nothing of the payload is parsed before the signature holds.
pub fn verify(ring: &KeyRing, purpose: Purpose, token: &str, now: OffsetDateTime) -> Result<Claims, TokenError> {
    let untrusted = decode(token)?;
    let footer: Footer<'_> = serde_json::from_slice(untrusted.untrusted_footer()).map_err(|_| TokenError::Footer)?;
    let key = ring.get(&footer.kid).ok_or(TokenError::UnknownKey)?;
    let trusted =
        PublicToken::verify(key, &untrusted, None, Some(purpose.assertion())).map_err(|_| TokenError::Signature)?;
    let payload: Payload = serde_json::from_str(trusted.payload()).map_err(|_| TokenError::Claims)?;
    payload.check(purpose, now, LEEWAY)
}

/// Takes a token apart without believing any of it.
fn decode(token: &str) -> Result<UntrustedToken<Public, V4>, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLong);
    }
    let (_, footer) = token
        .strip_prefix(HEADER)
        .and_then(|rest| rest.split_once('.'))
        .filter(|(_, footer)| !footer.is_empty() && !footer.contains('.'))
        .ok_or(TokenError::Malformed)?;
    // Base64 without padding: 4 characters carry 3 bytes.
    if footer.len() > MAX_FOOTER_BYTES.div_ceil(3) * 4 {
        return Err(TokenError::Footer);
    }
    let untrusted = UntrustedToken::try_from(token).map_err(|_| TokenError::Malformed)?;
    if untrusted.untrusted_footer().len() > MAX_FOOTER_BYTES {
        return Err(TokenError::Footer);
    }
    Ok(untrusted)
}
