//! Keyed hashes, under a key for each purpose that is derived from `notify.master_key`.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The key of a purpose.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of `purpose`.
    pub(crate) fn derive(master: &[u8; 32], purpose: &str) -> Self {
        Self(Self(*master).tag(purpose.as_bytes()))
    }

    /// The hash of a text, to be compared in constant time.
    pub(crate) fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(text);
        mac
    }

    /// The hash of a text as bytes.
    pub(crate) fn tag(&self, text: &[u8]) -> [u8; 32] {
        self.mac(text).finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}
