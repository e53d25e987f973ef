//! The keys that sign, in the forms of users and of the database.

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use rand::{CryptoRng, RngExt as _};
use sha2::Sha256;

/// What secrets are sealed with.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

impl SealKey {
    /// The key of this purpose under `notify.master_key`.
    pub fn derive(master: &[u8; 32]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("HMAC takes keys of any length");
        mac.update(b"curtail notify webhook secrets");
        Self(mac.finalize().into_bytes().into())
    }
}

/// The key of one webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(rng.random())
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its owner gets it: `whsec_` and base64.
    pub fn text(&self) -> String {
        format!("whsec_{}", BASE64_STANDARD.encode(self.0))
    }

    /// As the database gets it: PASETO v4.local, bound to the webhook.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn seal(&self, key: &SealKey, webhook: i64) -> anyhow::Result<String> {
        // The payload has to be text.
        let text = BASE64_URL_SAFE_NO_PAD.encode(self.0);
        LocalToken::encrypt(&symmetric(key)?, text.as_bytes(), None, Some(&webhook.to_be_bytes())).map_err(broken)
    }

    /// Opens what [`Secret::seal`] made for the same webhook.
    ///
    /// # Errors
    /// When it was sealed with another key, for another webhook, or was changed.
    pub fn open(key: &SealKey, webhook: i64, sealed: &str) -> anyhow::Result<Self> {
        let untrusted = UntrustedToken::<Local, V4>::try_from(sealed).map_err(broken)?;
        let opened = LocalToken::decrypt(&symmetric(key)?, &untrusted, None, Some(&webhook.to_be_bytes()));
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(opened.map_err(broken)?.payload())?;
        Ok(Self(bytes.try_into().map_err(|_| anyhow::anyhow!("a sealed secret is not 32 bytes"))?))
    }
}

fn symmetric(key: &SealKey) -> anyhow::Result<SymmetricKey<V4>> {
    SymmetricKey::from(&key.0).map_err(broken)
}

fn broken(error: pasetors::errors::Error) -> anyhow::Error {
    anyhow::anyhow!("a secret can not be sealed or opened (is notify.master_key the right one?): {error:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s08_a_secret_opens_with_its_key_and_for_its_webhook_alone() {
        let (key, secret) = (SealKey::derive(&[1; 32]), Secret([9; 32]));
        let sealed = secret.seal(&key, 7).unwrap();
        assert_eq!(Secret::open(&key, 7, &sealed).unwrap(), secret);
        assert!(Secret::open(&key, 8, &sealed).is_err());
        assert!(Secret::open(&SealKey::derive(&[2; 32]), 7, &sealed).is_err());
        assert!(Secret::open(&key, 7, "v4.local.AAAA").is_err());
    }

    #[test]
    fn s08_nothing_shows_it() {
        let secret = Secret([9; 32]);
        assert_eq!(format!("{secret:?} {:?}", SealKey::derive(&[1; 32])), "Secret(..) SealKey(..)");
        assert!(!secret.seal(&SealKey::derive(&[1; 32]), 7).unwrap().contains("CQkJ"));
    }
}
