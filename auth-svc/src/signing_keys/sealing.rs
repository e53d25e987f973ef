//! Seeds of signing keys at rest: PASETO v4.local, bound to the key's id.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use curtail_tokens::SigningKey;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use crate::Error;

/// Seals a signing key under a 256-bit key.
pub(crate) fn seal(key: &[u8; 32], signing: &SigningKey) -> Result<String, Error> {
    // The payload has to be text.
    let seed = BASE64_URL_SAFE_NO_PAD.encode(signing.seed());
    LocalToken::encrypt(&symmetric(key)?, seed.as_bytes(), None, Some(signing.key_id().as_bytes()))
        .map_err(sealing_error)
}

/// Opens what [`seal`] made for the key `kid`.
pub(crate) fn open(key: &[u8; 32], kid: &str, sealed: &str) -> Result<SigningKey, Error> {
    let untrusted = UntrustedToken::<Local, V4>::try_from(sealed).map_err(sealing_error)?;
    let trusted =
        LocalToken::decrypt(&symmetric(key)?, &untrusted, None, Some(kid.as_bytes())).map_err(sealing_error)?;
    let seed = BASE64_URL_SAFE_NO_PAD.decode(trusted.payload()).ok().and_then(|seed| seed.try_into().ok());
    let seed = seed.ok_or_else(|| Error::Internal(anyhow::anyhow!("the sealed seed of {kid} is not 32 bytes")))?;
    Ok(SigningKey::from_seed(seed))
}

fn symmetric(key: &[u8; 32]) -> Result<SymmetricKey<V4>, Error> {
    SymmetricKey::from(key).map_err(sealing_error)
}

fn sealing_error(error: pasetors::errors::Error) -> Error {
    Error::Internal(anyhow::anyhow!(
        "a signing key cannot be sealed or opened (is auth.master_key the right one?): {error:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s23_a_seed_opens_under_its_own_key_and_id_alone() {
        let signing = SigningKey::from_seed([200; 32]);
        let sealed = seal(&[1; 32], &signing).unwrap();
        assert!(sealed.starts_with("v4.local."));
        assert_eq!(open(&[1; 32], signing.key_id(), &sealed).unwrap().seed(), signing.seed());
        assert!(open(&[2; 32], signing.key_id(), &sealed).is_err());
        assert!(open(&[1; 32], SigningKey::from_seed([3; 32]).key_id(), &sealed).is_err());
        assert!(open(&[1; 32], signing.key_id(), "v4.local.AAAA").is_err());
    }
}
