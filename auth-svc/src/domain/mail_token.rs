//! Tokens in mails.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{CryptoRng, RngExt as _};

use crate::{Error, secrets::MacKey};

const RAW_BYTES: usize = 32;

/// What a token in a mail is good for. The numbers are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPurpose {
    /// Proving that an address is one's own.
    Verification = 1,
    /// Setting a new password.
    Reset = 2,
    /// Joining a workspace.
    Invitation = 3,
}

/// 256 random bits that only the reader of a mail knows. Stored as a keyed hash, good for one purpose, once.
#[derive(Clone, PartialEq, Eq)]
pub struct MailToken([u8; RAW_BYTES]);

impl MailToken {
    /// A new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(rng.random())
    }

    /// Reads a token as it came back from a mail.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let raw = Some(text).filter(|text| text.len() == (RAW_BYTES * 4).div_ceil(3));
        let raw = raw.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        raw.and_then(|raw| raw.try_into().ok()).map(Self).ok_or(Error::MailTokenInvalid)
    }

    /// The form that goes into the mail: 43 characters of base64url.
    pub fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored of it.
    pub fn hash(&self, key: &MacKey, purpose: MailPurpose) -> [u8; 32] {
        key.tag(&[&[purpose as u8], &self.0])
    }
}

impl std::fmt::Debug for MailToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn reads_back_and_is_good_for_one_purpose() {
        let token = MailToken::generate(&mut StdRng::seed_from_u64(1));
        let text = token.expose();
        assert_eq!(text.len(), 43);
        assert_eq!(MailToken::parse(&text).unwrap(), token);
        let key = MacKey::derive(&[1; 32], "mail-token");
        assert_ne!(token.hash(&key, MailPurpose::Verification), token.hash(&key, MailPurpose::Reset));
        for wrong in ["", &text[1..], &format!("{text}A"), &format!("{}!", &text[1..])] {
            assert!(MailToken::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "MailToken(..)");
    }
}
