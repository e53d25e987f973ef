//! The secret half of a key pair.

use std::fmt;

use pasetors::{
    keys::{AsymmetricPublicKey, AsymmetricSecretKey},
    paserk::{FormatAsPaserk, Id},
    version4::V4,
};
use rand::CryptoRng;

use crate::TokenError;

/// An Ed25519 key that signs tokens.
#[derive(Clone)]
pub struct SigningKey {
    pub(crate) secret: AsymmetricSecretKey<V4>,
    key_id: String,
    public_paserk: String,
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed)
    }

    /// The key of a 32-byte seed (RFC 8032, 5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(seed));
        let secret = AsymmetricSecretKey::from(pair.sk.as_ref()).expect("seed and public key are of one pair");
        let public = AsymmetricPublicKey::try_from(&secret).expect("the second half is the public key");
        Self { secret, key_id: key_id(&public), public_paserk: paserk(&public) }
    }

    /// The PASERK id of the public key (`k4.pid.…`).
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key as PASERK (`k4.public.…`).
    pub fn public_paserk(&self) -> String {
        self.public_paserk.clone()
    }

    /// The seed, to be sealed before it is stored.
    pub fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed.copy_from_slice(&self.secret.as_bytes()[..32]);
        seed
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Reads a `k4.public.…` string.
pub(crate) fn public_key(paserk: &str) -> Result<AsymmetricPublicKey<V4>, TokenError> {
    AsymmetricPublicKey::try_from(paserk).map_err(|_| TokenError::Key)
}

/// The `k4.pid.…` of a public key.
pub(crate) fn key_id(key: &AsymmetricPublicKey<V4>) -> String {
    let mut text = String::new();
    Id::from(key).fmt(&mut text).expect("writing to a String does not fail");
    text
}

fn paserk(key: &AsymmetricPublicKey<V4>) -> String {
    let mut text = String::new();
    key.fmt(&mut text).expect("writing to a String does not fail");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_key_again() {
        let key = SigningKey::from_seed([7; 32]);
        assert_eq!(key.seed(), [7; 32]);
        assert_eq!(SigningKey::from_seed(key.seed()).key_id(), key.key_id());
        assert_ne!(SigningKey::from_seed([8; 32]).key_id(), key.key_id());
        assert!(key.key_id().starts_with("k4.pid."));
        assert!(key.public_paserk().starts_with("k4.public."));
    }

    #[test]
    fn s23_debug_shows_the_key_id_only() {
        let key = SigningKey::from_seed([7; 32]);
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ key_id: {:?}, .. }}", key.key_id()));
    }
}
