//! Refresh tokens.
//!
//! Token number n of a session is `crt_` + base64url(session id, n, MAC over both and the session's salt). None is stored:
//! the session's row knows the number that is due. So a table of spent tokens, its growth and its clean-up do not exist,
//! and two answers to a doubled refresh carry the very same token.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::secrets::MacKey;

const BRAND: &str = "crt_";
const RAW_BYTES: usize = 8 + 4 + 32;

/// A token as it was shown, its MAC not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    /// The session that it claims to be of.
    pub(crate) session_id: i64,
    /// Its number in the session.
    pub(crate) generation: i32,
    tag: [u8; 32],
}

impl RefreshToken {
    /// The token of `generation`.
    pub(crate) fn issue(key: &MacKey, session_id: i64, generation: i32, salt: &[u8]) -> Self {
        let tag = key.tag(&[&session_id.to_be_bytes(), &generation.to_be_bytes(), salt]);
        Self { session_id, generation, tag }
    }

    /// Reads a token; `None` when it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(BRAND).filter(|rest| rest.len() == (RAW_BYTES * 4).div_ceil(3))?;
        let raw: [u8; RAW_BYTES] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Self {
            session_id: i64::from_be_bytes(raw[..8].try_into().ok()?),
            generation: i32::from_be_bytes(raw[8..12].try_into().ok()?),
            tag: raw[12..].try_into().ok()?,
        })
    }

    /// Whether we made it for the session with this salt; in constant time.
    pub(crate) fn is_genuine(&self, key: &MacKey, salt: &[u8]) -> bool {
        key.verify(&[&self.session_id.to_be_bytes(), &self.generation.to_be_bytes(), salt], &self.tag)
    }

    /// The form that clients hold.
    pub(crate) fn expose(&self) -> String {
        let mut raw = Vec::with_capacity(RAW_BYTES);
        raw.extend(self.session_id.to_be_bytes());
        raw.extend(self.generation.to_be_bytes());
        raw.extend(self.tag);
        format!("{BRAND}{}", BASE64_URL_SAFE_NO_PAD.encode(raw))
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({}/{})", self.session_id, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s21_reads_back_and_is_bound_to_all_its_parts() {
        let key = MacKey::derive(&[1; 32], "refresh");
        let token = RefreshToken::issue(&key, 42, 3, &[9; 16]);
        let read = RefreshToken::parse(&token.expose()).unwrap();
        assert_eq!(read, token);
        assert!(read.is_genuine(&key, &[9; 16]));
        assert!(!read.is_genuine(&key, &[8; 16]));
        assert!(!read.is_genuine(&MacKey::derive(&[2; 32], "refresh"), &[9; 16]));
        assert!(!RefreshToken { generation: 4, ..read.clone() }.is_genuine(&key, &[9; 16]));
        assert!(!RefreshToken { session_id: 43, ..read }.is_genuine(&key, &[9; 16]));
    }

    #[test]
    fn other_text_is_refused() {
        let text = RefreshToken::issue(&MacKey::derive(&[1; 32], "refresh"), 42, 3, &[9; 16]).expose();
        for wrong in ["", "crt_", &text[4..], &text[..text.len() - 1], &format!("{text}A"), &format!("{text}=")] {
            assert_eq!(RefreshToken::parse(wrong), None, "{wrong}");
        }
    }
}
