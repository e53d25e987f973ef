//! Seeds of signing keys at rest: PASETO v4.local, bound to the key's id.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use curtail_tokens::SigningKey;
use pasetors::{
    Local,
    keys::SymmetricKey,
    token::UntrustedToken,
    version4::{LocalToken, V4},
};

use crate::Error;

/// Seals a signing key under a 256-bit key.
pub fn seal(key: &[u8; 32], signing: &SigningKey) -> Result<String, Error> {
    // The payload has to be text.
    let seed = BASE64_URL_SAFE_NO_PAD.encode(signing.seed());
    LocalToken::encrypt(&symmetric(key)?, seed.as_bytes(), None, Some(signing.key_id().as_bytes())).map_err(broken)
}

/// Opens what [`seal`] made for the key `kid`.
pub fn open(key: &[u8; 32], kid: &str, sealed: &str) -> Result<SigningKey, Error> {
    let untrusted = UntrustedToken::<Local, V4>::try_from(sealed).map_err(broken)?;
    let trusted = LocalToken::decrypt(&symmetric(key)?, &untrusted, None, Some(kid.as_bytes())).map_err(broken)?;
    let seed = BASE64_URL_SAFE_NO_PAD.decode(trusted.payload()).ok().and_then(|seed| seed.try_into().ok());
    let seed = seed.ok_or_else(|| Error::Internal(anyhow::anyhow!("the sealed seed of {kid} is not 32 bytes")))?;
    Ok(SigningKey::from_seed(seed))
}

fn symmetric(key: &[u8; 32]) -> Result<SymmetricKey<V4>, Error> {
    SymmetricKey::from(key).map_err(broken)
}

fn broken(error: pasetors::errors::Error) -> Error {
    Error::Internal(anyhow::anyhow!(
        "a signing key can not be sealed or opened (is auth.master_key the right one?): {error:?}"
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
