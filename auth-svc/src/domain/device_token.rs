//! Device tokens: the proof that a browser has signed in to an account before (OWASP "device cookies").
//!
//! A known device has a failure budget of its own, so a stranger who burns the limits of the account or of a shared
//! address locks no owner out. The token opens nothing; it is bound to the account and to a random number for the device.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{CryptoRng, RngExt as _};

use crate::secrets::MacKey;

const RAW_BYTES: usize = 16 + 32;

/// A device that has signed in to the account before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceToken {
    /// Tells devices of the account apart.
    pub(crate) nonce: [u8; 16],
}

impl DeviceToken {
    /// A device that is seen for the first time.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self { nonce: rng.random() }
    }

    /// Checks a device cookie against the account; `None` when it is not one of this account.
    pub(crate) fn verify(key: &MacKey, user_id: i64, text: &str) -> Option<Self> {
        if text.len() != (RAW_BYTES * 4).div_ceil(3) {
            return None;
        }
        let raw: [u8; RAW_BYTES] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let nonce: [u8; 16] = raw[..16].try_into().ok()?;
        key.verify(&[&user_id.to_be_bytes(), &nonce], &raw[16..]).then_some(Self { nonce })
    }

    pub(crate) fn expose(&self, key: &MacKey, user_id: i64) -> String {
        let tag = key.tag(&[&user_id.to_be_bytes(), &self.nonce]);
        BASE64_URL_SAFE_NO_PAD.encode([&self.nonce[..], &tag].concat())
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn s13_a_device_is_known_to_its_account_alone() {
        let key = MacKey::derive(&[1; 32], "device");
        let device = DeviceToken::generate(&mut StdRng::seed_from_u64(1));
        let cookie = device.expose(&key, 42);
        assert_eq!(DeviceToken::verify(&key, 42, &cookie), Some(device));
        assert_eq!(DeviceToken::verify(&key, 43, &cookie), None);
        assert_eq!(DeviceToken::verify(&MacKey::derive(&[2; 32], "device"), 42, &cookie), None);
        for wrong in ["", "x", &cookie[1..], &format!("{cookie}A")] {
            assert_eq!(DeviceToken::verify(&key, 42, wrong), None);
        }
    }
}
