//! Keys derived from the master key, one for each purpose.
//!
//! The master key is used only for deriving, so a tag of one purpose never passes for another.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// A 256-bit key for message authentication codes of one purpose.
#[derive(Clone)]
pub(crate) struct MacKey([u8; 32]);

impl MacKey {
    /// Derives the key of `purpose` (HKDF-Expand of one block: HMAC-SHA256 over the label and 0x01).
    pub(crate) fn derive(master: &[u8; 32], purpose: &str) -> Self {
        let mut mac = keyed(master);
        mac.update(b"curtail/auth/");
        mac.update(purpose.as_bytes());
        mac.update(&[1]);
        Self(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA256 over the parts. Each part goes in with its length, so parts cannot flow into each other.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac_over(parts).finalize().into_bytes().into()
    }

    /// Whether `tag` belongs to the parts, compared in constant time.
    pub(crate) fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac_over(parts).verify_slice(tag).is_ok()
    }

    fn mac_over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = keyed(&self.0);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) refresh: MacKey,
    pub(crate) device: MacKey,
    /// The pepper of API keys.
    pub(crate) api_key: MacKey,
    /// The pepper of tokens in mails.
    pub(crate) mail_token: MacKey,
    /// Names of counters in Redis, so that it never sees an address.
    pub(crate) limits: MacKey,
    /// Seals the seeds of signing keys.
    pub(crate) seal: [u8; 32],
}

impl Secrets {
    /// Derives everything from the 32 bytes of `auth.master_key`.
    pub(crate) fn derive(master: &[u8; 32]) -> Self {
        Self {
            refresh: MacKey::derive(master, "refresh"),
            device: MacKey::derive(master, "device"),
            api_key: MacKey::derive(master, "api-key"),
            mail_token: MacKey::derive(master, "mail-token"),
            limits: MacKey::derive(master, "limits"),
            seal: MacKey::derive(master, "seal").0,
        }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_do_not_share_keys() {
        let secrets = Secrets::derive(&[7; 32]);
        let tag = secrets.refresh.tag(&[b"x"]);
        assert!(secrets.refresh.verify(&[b"x"], &tag));
        assert!(!secrets.device.verify(&[b"x"], &tag));
        assert!(!Secrets::derive(&[8; 32]).refresh.verify(&[b"x"], &tag));
    }

    #[test]
    fn parts_do_not_flow_into_each_other() {
        let key = MacKey::derive(&[7; 32], "test");
        assert_ne!(key.tag(&[b"ab", b"c"]), key.tag(&[b"a", b"bc"]));
        assert!(!key.verify(&[b"ab"], &key.tag(&[b"ab"])[..31]));
    }

    #[test]
    fn debug_shows_nothing() {
        let secrets = Secrets::derive(&[7; 32]);
        assert_eq!(format!("{secrets:?} {:?}", secrets.refresh), "Secrets(..) MacKey(..)");
    }
}
